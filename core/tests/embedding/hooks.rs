//! Hooks: each is called where its name says, and each decision is kept without breaking the standard.

mod calls;
mod connections;
mod deliveries;
mod publications;
mod subscriptions;

use hushwing_core::hooks::{
    AcceptDecision, ConnectDecision, ConnectingClient, DeliverDecision, DeliveredCopy, PublishDecision,
    PublishedMessage, SubscribeDecision, SubscribeWish, UnsubscribeDecision, UnsubscribeWish,
};
use hushwing_core::{ConnectionId, HookMask, Hooks, Origin};

type Decide<Q, D> = Option<Box<dyn FnMut(&Q) -> D + Send>>;
type OnConnect = Box<dyn FnMut(&ConnectingClient<'_>) -> ConnectDecision + Send>;
type OnSubscribe = Box<dyn FnMut(&SubscribeWish<'_>) -> SubscribeDecision + Send>;
type OnUnsubscribe = Box<dyn FnMut(&UnsubscribeWish<'_>) -> UnsubscribeDecision + Send>;
type OnPublish = Box<dyn FnMut(&PublishedMessage<'_>) -> PublishDecision + Send>;
type OnDeliver = Box<dyn FnMut(&DeliveredCopy<'_>) -> DeliverDecision + Send>;

/// Hooks that decide as the test says.
#[derive(Default)]
pub(crate) struct Deciding {
    accept: Decide<ConnectionId, AcceptDecision>,
    connect: Option<OnConnect>,
    subscribe: Option<OnSubscribe>,
    unsubscribe: Option<OnUnsubscribe>,
    publish: Option<OnPublish>,
    deliver: Option<OnDeliver>,
}

impl Hooks for Deciding {
    fn wants(&self) -> HookMask {
        HookMask {
            accept: self.accept.is_some(),
            connect: self.connect.is_some(),
            subscribe: self.subscribe.is_some(),
            unsubscribe: self.unsubscribe.is_some(),
            publish: self.publish.is_some(),
            deliver: self.deliver.is_some(),
            ..HookMask::NONE
        }
    }

    fn on_accept(&mut self, connection: ConnectionId, _origin: &Origin) -> AcceptDecision {
        self.accept.as_mut().expect("wanted")(&connection)
    }

    fn on_connect(&mut self, client: &ConnectingClient<'_>) -> ConnectDecision {
        self.connect.as_mut().expect("wanted")(client)
    }

    fn on_subscribe(&mut self, wish: &SubscribeWish<'_>) -> SubscribeDecision {
        self.subscribe.as_mut().expect("wanted")(wish)
    }

    fn on_unsubscribe(&mut self, wish: &UnsubscribeWish<'_>) -> UnsubscribeDecision {
        self.unsubscribe.as_mut().expect("wanted")(wish)
    }

    fn on_publish(&mut self, message: &PublishedMessage<'_>) -> PublishDecision {
        self.publish.as_mut().expect("wanted")(message)
    }

    fn on_deliver(&mut self, copy: &DeliveredCopy<'_>) -> DeliverDecision {
        self.deliver.as_mut().expect("wanted")(copy)
    }
}

pub(crate) fn on_accept(decide: impl FnMut(&ConnectionId) -> AcceptDecision + Send + 'static) -> Deciding {
    Deciding { accept: Some(Box::new(decide)), ..Deciding::default() }
}

pub(crate) fn on_connect(
    decide: impl FnMut(&ConnectingClient<'_>) -> ConnectDecision + Send + 'static,
) -> Deciding {
    Deciding { connect: Some(Box::new(decide)), ..Deciding::default() }
}

pub(crate) fn on_subscribe(
    decide: impl FnMut(&SubscribeWish<'_>) -> SubscribeDecision + Send + 'static,
) -> Deciding {
    Deciding { subscribe: Some(Box::new(decide)), ..Deciding::default() }
}

pub(crate) fn on_unsubscribe(
    decide: impl FnMut(&UnsubscribeWish<'_>) -> UnsubscribeDecision + Send + 'static,
) -> Deciding {
    Deciding { unsubscribe: Some(Box::new(decide)), ..Deciding::default() }
}

pub(crate) fn on_publish(
    decide: impl FnMut(&PublishedMessage<'_>) -> PublishDecision + Send + 'static,
) -> Deciding {
    Deciding { publish: Some(Box::new(decide)), ..Deciding::default() }
}

pub(crate) fn on_deliver(
    decide: impl FnMut(&DeliveredCopy<'_>) -> DeliverDecision + Send + 'static,
) -> Deciding {
    Deciding { deliver: Some(Box::new(decide)), ..Deciding::default() }
}
