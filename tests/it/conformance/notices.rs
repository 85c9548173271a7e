//! Sent notices and known networks.

use super::*;
use jeton::domain::time::utc_day_number;
use jeton::verbs::ports::ledger::UseKey;
use jeton::verbs::ports::{KnownNetwork, MAX_KNOWN_NETWORKS, SentKind, SentNotice};

pub fn notices_are_remembered_by_kind_and_token<E: Engine>() {
    let f = Fixture::<E>::new();
    let [a, b] = ["a", "b"].map(|name| f.token("member", name, Expiry::Never).id);
    let notice = |kind, token, threshold, about| SentNotice { token, kind, threshold, about: START.plus(about) };
    let read = |kind| f.store.read(|s| s.sent_notices(kind, &[a, b, TokenId(99)])).unwrap();
    let add = |sent: SentNotice| f.store.write_usage(|book| book.record_sent_notice(&sent)).unwrap();
    let expiring = notice(SentKind::Expiring, a, 7, 1);
    add(notice(SentKind::Expiring, a, 14, 0));
    add(expiring);
    add(notice(SentKind::Expiring, TokenId(99), 7, 1));
    let tried = [notice(SentKind::DeadSecretTried, a, 0, 5), notice(SentKind::DeadSecretTried, TokenId(99), 0, 6)];
    tried.into_iter().for_each(add);
    assert_eq!(read(SentKind::Expiring), [(a, expiring)].into(), "the last, and of no token that does not exist");
    assert_eq!(read(SentKind::DeadSecretTried), tried.map(|sent| (sent.token, sent)).into());
    assert!(read(SentKind::Stale).is_empty());
    f.store.write_usage(|book| book.forget_old_episodes(START.plus(6), 10)).unwrap();
    assert_eq!(read(SentKind::DeadSecretTried), [(TokenId(99), tried[1])].into());
    assert_eq!(read(SentKind::Expiring).len(), 1);
    add(tried[0]);
    change(&f.store, |tx| tx.purge(&[a], START)).unwrap();
    assert!(read(SentKind::Expiring).is_empty());
    assert_eq!(read(SentKind::DeadSecretTried).len(), 2, "its secrets may still be tried");
}

pub fn networks_of_a_token_are_limited<E: Engine>() {
    let f = Fixture::<E>::new();
    let [a, b] = ["a", "b"].map(|name| f.token("member", name, Expiry::Never).id);
    let network = |token, network: &str, first_day| KnownNetwork { token, network: network.to_owned(), first_day };
    let add = |new: &KnownNetwork| f.store.write_usage(|book| book.add_known_network(new)).unwrap();
    let read = |tokens: &[TokenId]| f.store.read(|s| s.known_networks(tokens)).unwrap();
    for (token, day) in [(b, 3), (a, 5), (a, 4), (a, 6), (TokenId(99), 1)] {
        add(&network(token, "x", day));
    }
    assert_eq!(read(&[b, TokenId(99), a]), [network(a, "x", 4), network(b, "x", 3)]);
    (0..MAX_KNOWN_NETWORKS + 5).for_each(|n| add(&network(a, &n.to_string(), 7)));
    assert_eq!((read(&[a]).len(), read(&[b]).len()), (MAX_KNOWN_NETWORKS, 1));
    change(&f.store, |tx| tx.purge(&[a], START)).unwrap();
    assert_eq!((read(&[a]).len(), read(&[b]).len()), (0, 1));
    let known_to = || f.store.read(|s| s.networks_known_to()).unwrap();
    assert_eq!(known_to(), None);
    for day in [9, 3] {
        f.store.write_usage(|book| book.set_networks_known_to(day)).unwrap();
        assert_eq!(known_to(), Some(day));
    }
}

pub fn used_addresses_are_read_in_pages<E: Engine>() {
    let f = Fixture::<E>::new();
    let tokens = ["a", "b"].map(|name| f.token("member", name, Expiry::Never));
    let today = utc_day_number(START);
    for (number, token) in tokens.iter().enumerate() {
        let secret = PublicId::parse(token.hint.strip_prefix("jtn_").unwrap()).unwrap();
        for (day, address) in [(0, "10.0.0.1"), (-1, "10.0.0.2"), (-1, "10.0.0.1"), (-2, "10.0.0.9")] {
            let (at, method) = (START.plus(day * DAY), ["m.One", ""][number]);
            let used = Use { token: token.id, secret: &secret, at, count: 1, method, address, client: "c" };
            f.store.write_usage(|book| book.record_use(&used)).unwrap();
        }
    }
    let [a, b] = [tokens[0].id, tokens[1].id];
    let expected = [
        (today - 1, a, "10.0.0.1"),
        (today - 1, a, "10.0.0.2"),
        (today - 1, b, "10.0.0.1"),
        (today - 1, b, "10.0.0.2"),
        (today, a, "10.0.0.1"),
        (today, b, "10.0.0.1"),
    ]
    .map(|(day, token, address)| (day, token, address.to_owned()));
    for limit in [1, 2, 4, 100] {
        let (mut rows, mut after) = (Vec::new(), None::<UseKey>);
        loop {
            let page = f.store.read(|s| s.used_addresses(today - 1, after.as_ref(), limit)).unwrap();
            assert!(page.rows.len() <= limit);
            rows.extend(page.rows);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(rows, expected, "pages of {limit}");
    }
}
