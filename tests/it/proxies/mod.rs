//! Configurations printed by `guide`: their text, and real proxies that run them in front of an application.

/// Declares a test of each case for each proxy that is run: `nginx::CASE`. Prints a note if the proxy isn't installed.
macro_rules! for_each_proxy {
    (@$name:ident $kind:ident: $($case:ident)+) => {
        mod $name {
            use crate::proxies::setup::ProxyUnderTest;

            $(#[test]
            fn $case() {
                if ProxyUnderTest::$kind.is_installed() {
                    super::$case(ProxyUnderTest::$kind);
                }
            })+
        }
    };
    ($($case:ident),+ $(,)?) => {
        for_each_proxy!(@nginx Nginx: $($case)+);
        for_each_proxy!(@caddy Caddy: $($case)+);
        for_each_proxy!(@haproxy Haproxy: $($case)+);
        for_each_proxy!(@envoy Envoy: $($case)+);
        for_each_proxy!(@traefik Traefik: $($case)+);
    };
}

mod configuration_loading;
mod denials;
mod end_to_end;
mod enforcement;
mod foreign_headers;
mod guides;
mod http_semantics;
mod impostors;
mod many_segments;
mod mock_server;
mod openapi_import;
mod real_service;
mod setup;
mod sites;

/// A small catalogue with every kind of route.
pub const SHOP: &str = r#"schema = 1
name = "shop"
title = "The shop's API"

[[group]]
id = "shop"
title = "Shop"

[[group.method]]
id = "List"
title = "Lists orders"
access = "read"
routes = ["GET /orders", "GET /"]

[[group.method]]
id = "Show"
title = "Shows an order"
access = "read"
routes = ["GET /orders/{id}"]

[[group.method]]
id = "Mine"
title = "Shows my orders"
access = "read"
routes = ["GET /orders/mine"]

[[group.method]]
id = "Export"
title = "Exports an order"
access = "read"
routes = ["GET /orders/{id}.json", "GET /café/{id}"]

[[group.method]]
id = "Cancel"
title = "Cancels an order"
access = "write"
routes = ["POST /orders/{id}:cancel", "DELETE /orders/{id}", "POST /slash/"]

[[group.method]]
id = "Any"
title = "Takes every verb"
access = "write"
routes = ["/hooks/{name}/run"]

[[group.method]]
id = "Left"
title = "Shares requests with the next one"
access = "read"
routes = ["GET /x/{a}/c"]

[[group.method]]
id = "Right"
title = "Shares requests with the one before"
access = "read"
routes = ["GET /x/b/{c}"]
"#;
