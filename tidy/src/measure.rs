//! How long a file and its functions are, and what they say that they should not.

use std::ops::RangeInclusive;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// A function and its length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Lines from `fn` to the closing brace.
    pub lines: usize,
}

/// What there is to know about a source file.
#[derive(Debug, Default)]
pub struct Measures {
    /// Lines outside `#[cfg(test)]` modules; comments and empty ones count.
    pub lines: usize,
    /// Every function with a body, tests too.
    pub functions: Vec<Function>,
    /// Lines of non-test code that can panic on purpose: `unwrap`, `expect`, `panic!` and their like.
    pub panics: Vec<usize>,
    /// Modules that are declared here without a body: name, `#[path]`, and the inline modules around it.
    pub modules: Vec<Module>,
}

/// A module that lives in another file.
#[derive(Debug)]
pub struct Module {
    /// Its name, behind the names of the inline modules that it is declared in.
    pub path: Vec<String>,
    /// What `#[path = "…"]` says.
    pub attribute: Option<String>,
    /// Whether it is there for tests only.
    pub test: bool,
}

/// Measures the source text of one file.
///
/// # Errors
///
/// Says where the text is not Rust.
pub fn measure(text: &str) -> Result<Measures, String> {
    let file =
        syn::parse_file(text).map_err(|error| format!("line {}: {error}", error.span().start().line))?;
    let mut visitor = Visitor::default();
    visitor.visit_file(&file);
    let test_lines: usize = visitor.tests.iter().map(|range| range.end() - range.start() + 1).sum();
    visitor.measures.lines = text.lines().count() - test_lines;
    Ok(visitor.measures)
}

#[derive(Default)]
struct Visitor {
    measures: Measures,
    tests: Vec<RangeInclusive<usize>>,
    inside: Vec<String>,
    test_depth: usize,
}

impl Visitor {
    fn function(&mut self, name: &syn::Ident, start: Span, end: Span) {
        let lines = end.end().line - start.start().line + 1;
        self.measures.functions.push(Function { name: name.to_string(), lines });
    }

    fn panics_at(&mut self, name: &str, span: Span) {
        let panics = ["unwrap", "expect", "panic", "unreachable", "todo", "unimplemented"];
        if self.test_depth == 0 && panics.contains(&name) {
            self.measures.panics.push(span.start().line);
        }
    }

    fn within_test(&mut self, test: bool, visit: impl FnOnce(&mut Self)) {
        self.test_depth += usize::from(test);
        visit(self);
        self.test_depth -= usize::from(test);
    }
}

impl<'ast> Visit<'ast> for Visitor {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let test = is_for_tests(&item.attrs);
        let name = item.ident.to_string();
        if item.content.is_none() {
            let path = self.inside.iter().cloned().chain([name]).collect();
            let module = Module { path, attribute: path_attribute(&item.attrs), test };
            return self.measures.modules.push(module);
        }
        if test && self.test_depth == 0 {
            self.tests.push(item.span().start().line..=item.span().end().line);
        }
        self.inside.push(name);
        self.within_test(test, |this| visit::visit_item_mod(this, item));
        self.inside.pop();
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig.ident, item.sig.span(), item.block.span());
        self.within_test(is_for_tests(&item.attrs), |this| visit::visit_item_fn(this, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig.ident, item.sig.span(), item.block.span());
        self.within_test(is_for_tests(&item.attrs), |this| visit::visit_impl_item_fn(this, item));
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig.ident, item.sig.span(), block.span());
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.within_test(is_for_tests(&item.attrs), |this| visit::visit_item_impl(this, item));
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.panics_at(&call.method.to_string(), call.method.span());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if let Some(last) = call.path.segments.last() {
            self.panics_at(&last.ident.to_string(), last.ident.span());
        }
        visit::visit_macro(self, call);
    }
}

/// Whether `#[test]` or `#[cfg(test)]` (alone, or with something else in `all`) stands before an item.
fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return attribute.path().is_ident("test") };
        let text = list.tokens.to_string();
        attribute.path().is_ident("cfg")
            && (text == "test" || (text.starts_with("all") && text.contains("test")))
    })
}

fn path_attribute(attributes: &[syn::Attribute]) -> Option<String> {
    attributes.iter().find(|attribute| attribute.path().is_ident("path")).and_then(|attribute| {
        let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else { return None };
        Some(text.value())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "\
fn short() {}

fn long() {
    let a = [1].first().unwrap();
    panic!();
}

mod inner {
    mod leaf;
}

#[cfg(test)]
mod tests {
    #[test]
    fn t() {
        None::<u8>.unwrap();
    }
}
";

    #[test]
    fn lines_functions_and_panics_are_counted() {
        let measures = measure(SAMPLE).expect("Rust");
        assert_eq!(measures.lines, SAMPLE.lines().count() - 7);
        let expected = [("short", 1), ("long", 4), ("t", 3)];
        let found: Vec<_> = measures.functions.iter().map(|f| (f.name.as_str(), f.lines)).collect();
        assert_eq!(found, expected);
        assert_eq!(measures.panics, [4, 5]);
        assert_eq!(measures.modules[0].path, ["inner", "leaf"]);
    }
}
