//! The nodes of the subscription tree: one for each distinct beginning of the filters in use.

use alloc::string::String;
use alloc::vec::Vec;
use core::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::filter;
use super::name::levels;
use super::symbol::{Symbol, SymbolTable};
use crate::fault::{Fault, Planted};
use crate::slab::Slab;

/// A node, by its place in the slab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeIndex(pub(super) u32);

impl NodeIndex {
    /// No node.
    const NONE: Self = Self(u32::MAX);

    fn known(self) -> Option<Self> {
        (self != Self::NONE).then_some(self)
    }
}

/// The end of the path from the root that spells a filter, or the beginning of one.
#[derive(Debug)]
struct Node {
    parent: NodeIndex,
    symbol: Symbol,
    /// The child for `+`.
    plus: NodeIndex,
    /// The child for `#`.
    hash: NodeIndex,
    /// How many children there are besides those two. They are in the table of edges.
    children: u32,
    /// The first subscriber; where members are named, their group.
    first: u32,
}

impl Node {
    fn is_needed(&self) -> bool {
        self.first != u32::MAX
            || self.children > 0
            || self.plus != NodeIndex::NONE
            || self.hash != NodeIndex::NONE
    }
}

/// Room for a search, kept so that searching allocates nothing.
#[derive(Debug, Default)]
pub(super) struct Search {
    here: Vec<NodeIndex>,
    below: Vec<NodeIndex>,
    /// The nodes whose filters match, each with at least one subscriber.
    pub(super) found: Vec<NodeIndex>,
}

impl Search {
    pub(super) fn cost(&self) -> usize {
        (self.here.capacity() + self.below.capacity() + self.found.capacity()) * size_of::<NodeIndex>()
    }
}

/// All nodes.
#[derive(Debug)]
pub(super) struct Nodes {
    symbols: SymbolTable,
    nodes: Slab<Node>,
    /// Literal children by parent and symbol: one table for all, so that a node with one child costs
    /// no table of its own.
    edges: HashTable<NodeIndex>,
    hasher: FixedState,
    root: NodeIndex,
    /// Where the filters of shared subscriptions begin, `$share/` left out; no search comes here.
    shared: NodeIndex,
    pub(super) planted: Planted,
}

impl Nodes {
    pub(super) fn new(seed: u64) -> Self {
        let mut nodes = Slab::new();
        let root = NodeIndex(nodes.insert(Node::child(NodeIndex::NONE, Symbol::HASH)));
        let shared = NodeIndex(nodes.insert(Node::child(NodeIndex::NONE, Symbol::HASH)));
        let hasher = FixedState::with_seed(seed);
        let planted = Planted::default();
        Self {
            symbols: SymbolTable::new(seed),
            nodes,
            edges: HashTable::new(),
            hasher,
            root,
            shared,
            planted,
        }
    }

    /// The node of `filter`, if there is one.
    pub(super) fn find(&self, filter: &str) -> Option<NodeIndex> {
        let (mut here, path) = self.start(filter);
        for level in levels(path) {
            let node = self.nodes.get(here.0)?;
            here = match level {
                "+" => node.plus.known()?,
                "#" => node.hash.known()?,
                _ => self.edge(here, self.symbols.find(level)?)?,
            };
        }
        Some(here)
    }

    /// The node of `filter`, made if need be. Without a subscriber it must be [pruned](Self::prune).
    pub(super) fn ensure(&mut self, filter: &str) -> NodeIndex {
        let (start, path) = self.start(filter);
        self.ensure_below(start, path)
    }

    /// The same for a filter that stands behind a ShareName, and is none of a shared subscription whatever
    /// it looks like.
    pub(super) fn ensure_topic_filter(&mut self, filter: &str) -> NodeIndex {
        self.ensure_below(self.root, filter)
    }

    fn ensure_below(&mut self, start: NodeIndex, path: &str) -> NodeIndex {
        let mut here = start;
        for level in levels(path) {
            let symbol = match level {
                "+" => Symbol::PLUS,
                "#" => Symbol::HASH,
                _ => self.symbols.acquire(level),
            };
            here = match self.child(here, symbol) {
                Some(child) => {
                    self.symbols.release(symbol);
                    child
                }
                None => self.add(here, symbol),
            };
        }
        here
    }

    /// Removes `node` and its ancestors as far as nothing needs them.
    pub(super) fn prune(&mut self, node: NodeIndex) {
        let mut here = node;
        while here != self.root && here != self.shared {
            if self.nodes.get(here.0).is_none_or(Node::is_needed) {
                return;
            }
            here = self.remove(here);
        }
    }

    /// The first subscriber of `node`: `u32::MAX` for none.
    #[inline]
    pub(super) fn first(&self, node: NodeIndex) -> u32 {
        self.nodes.get(node.0).map_or(u32::MAX, |node| node.first)
    }

    /// Sets the first subscriber of `node`.
    pub(super) fn set_first(&mut self, node: NodeIndex, first: u32) {
        if let Some(node) = self.nodes.get_mut(node.0) {
            node.first = first;
        }
    }

    /// Replaces `text` by the filter of `node`.
    pub(super) fn write_filter(&self, node: NodeIndex, path: &mut Vec<Symbol>, text: &mut String) {
        path.clear();
        text.clear();
        let mut here = node;
        while let Some(node) = self.nodes.get(here.0)
            && here != self.root
            && here != self.shared
        {
            path.push(node.symbol);
            here = node.parent;
        }
        if here == self.shared {
            text.push_str("$share/");
        }
        for (depth, &symbol) in path.iter().rev().enumerate() {
            if depth > 0 {
                text.push('/');
            }
            text.push_str(self.symbols.text(symbol));
        }
    }

    /// Finds the nodes with subscribers whose filters match `topic`. The work is the number of beginnings
    /// of filters that match a beginning of the topic.
    pub(super) fn search(&self, topic: &str, search: &mut Search) {
        let Search { here, below, found } = search;
        found.clear();
        here.clear();
        here.push(self.root);
        // [MQTT-4.7.2-1]: wildcards do not stand for a first level that begins with `$`.
        let mut wildcards = !topic.starts_with('$') || self.planted.is(Fault::DollarFoundByWildcards);
        for level in levels(topic) {
            below.clear();
            // Looked up once, whatever the number of nodes.
            let symbol = self.symbols.find(level);
            for &index in here.iter() {
                let Some(node) = self.nodes.get(index.0) else { continue };
                if wildcards {
                    found.extend(node.hash.known());
                    let stays = level.is_empty() && self.planted.is(Fault::PlusWithoutEmptyLevel);
                    below.extend(node.plus.known().filter(|_| !stays));
                }
                if node.children > 0 {
                    below.extend(symbol.and_then(|symbol| self.edge(index, symbol)));
                }
            }
            wildcards = true;
            core::mem::swap(here, below);
            if here.is_empty() {
                return;
            }
        }
        for &index in here.iter() {
            let Some(node) = self.nodes.get(index.0) else { continue };
            found.extend((node.first != u32::MAX).then_some(index));
            // The multi-level wildcard includes the parent level (section 4.7.1.2).
            found.extend(node.hash.known().filter(|_| !self.planted.is(Fault::HashWithoutParent)));
        }
    }

    pub(super) fn cost(&self) -> usize {
        self.symbols.cost() + self.nodes.cost() + self.edges.allocation_size()
    }

    pub(super) fn cost_walk(&self) -> usize {
        self.symbols.cost_walk() + self.nodes.cost() + self.edges.allocation_size()
    }

    /// How many nodes there are, without those where shared filters begin, and how many texts.
    #[cfg(test)]
    pub(super) fn in_use(&self) -> (usize, usize) {
        (self.nodes.len() - 1, self.symbols.len())
    }

    /// Where the path of a filter begins, and the path.
    fn start<'f>(&self, filter: &'f str) -> (NodeIndex, &'f str) {
        match (filter.strip_prefix("$share/"), filter::parse_shared(filter)) {
            (Some(path), Ok(Some(_))) => (self.shared, path),
            _ => (self.root, filter),
        }
    }

    fn child(&self, parent: NodeIndex, symbol: Symbol) -> Option<NodeIndex> {
        let node = self.nodes.get(parent.0)?;
        match symbol {
            Symbol::PLUS => node.plus.known(),
            Symbol::HASH => node.hash.known(),
            _ => self.edge(parent, symbol),
        }
    }

    #[inline]
    fn edge(&self, parent: NodeIndex, symbol: Symbol) -> Option<NodeIndex> {
        let is_edge = |child: &NodeIndex| {
            self.nodes.get(child.0).is_some_and(|node| node.parent == parent && node.symbol == symbol)
        };
        self.edges.find(edge_hash(&self.hasher, parent, symbol), is_edge).copied()
    }

    fn add(&mut self, parent: NodeIndex, symbol: Symbol) -> NodeIndex {
        let child = NodeIndex(self.nodes.insert(Node::child(parent, symbol)));
        if let Some(node) = self.nodes.get_mut(parent.0) {
            match symbol {
                Symbol::PLUS => node.plus = child,
                Symbol::HASH => node.hash = child,
                _ => node.children += 1,
            }
        }
        if symbol != Symbol::PLUS && symbol != Symbol::HASH {
            let Self { nodes, edges, hasher, .. } = self;
            let hash_of = |child: &NodeIndex| {
                nodes.get(child.0).map_or(0, |node| edge_hash(hasher, node.parent, node.symbol))
            };
            edges.insert_unique(edge_hash(hasher, parent, symbol), child, hash_of);
        }
        child
    }

    /// Removes one node and gives its parent.
    fn remove(&mut self, child: NodeIndex) -> NodeIndex {
        let Some(Node { parent, symbol, .. }) = self.nodes.remove(child.0) else { return self.root };
        let hash = edge_hash(&self.hasher, parent, symbol);
        if let Some(node) = self.nodes.get_mut(parent.0) {
            match symbol {
                Symbol::PLUS => node.plus = NodeIndex::NONE,
                Symbol::HASH => node.hash = NodeIndex::NONE,
                _ => {
                    node.children = node.children.saturating_sub(1);
                    if let Ok(entry) = self.edges.find_entry(hash, |&other| other == child) {
                        entry.remove();
                    }
                }
            }
        }
        self.symbols.release(symbol);
        parent
    }
}

impl Node {
    const fn child(parent: NodeIndex, symbol: Symbol) -> Self {
        let (plus, hash) = (NodeIndex::NONE, NodeIndex::NONE);
        Self { parent, symbol, plus, hash, children: 0, first: u32::MAX }
    }
}

fn edge_hash(hasher: &FixedState, parent: NodeIndex, symbol: Symbol) -> u64 {
    hasher.hash_one(u64::from(parent.0) << 32 | u64::from(symbol.number()))
}
