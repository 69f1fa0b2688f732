//! Topic names, topic filters, who subscribes to what, and the routes that follow from it (section 4.7).

pub mod filter;
mod filter_changes;
pub mod name;
mod node;
mod receivers;
pub mod route;
mod shared_subscription;
mod short_text;
mod subscriber;
mod subscription_list;
mod symbol;
pub mod tree;

pub use receivers::{Receiver, Receivers, ReceiversBuffer};
pub use route::{Route, RouteHint, Routes};
pub use shared_subscription::{Among, GroupIndex, Standing};
pub use subscription_list::SubscriptionList;
pub use tree::{SessionIndex, Subscription, SubscriptionTree};
