//! Notices that can't be delivered, and runs that end early.

use super::*;

#[test]
fn message_that_failed_is_sent_again_and_no_other() {
    let install = install();
    let used = make(&install, "member", "a", "5d");
    make(&install, "viewer", "b", "5d");
    use_from(&install, &used, "192.0.2.1");
    sent(&install);
    install.fakes.clock.advance(4 * DAY);
    use_from(&install, &used, OTHER);
    let mut attempted = 0;
    let outcome = run(&install, OPTIONS, &mut |message| {
        attempted += 1;
        if message.account.is_none() { Delivery::Delivered } else { refused(message) }
    });
    assert_eq!((attempted, outcome.unwrap()), (2, NotifyOutcome { sent: 1, failed: 1, ..NotifyOutcome::default() }));
    install.fakes.clock.advance(HOUR);
    assert_eq!(sent(&install), ["member@x: member/a expires in 1", "member@x: member/a 198.51.100.0/24"]);
    assert!(sent(&install).is_empty());
}

/// Returns an installation in which three accounts each have a message due.
fn install_with_three_messages() -> TestInstall {
    let install = install();
    for who in ["member", "viewer", "admin"] {
        install.call(OWNER, set_contact(who, &format!("{who}@x"))).unwrap();
        make(&install, who, "a", "5d");
    }
    install
}

/// The process ends after a message was delivered and before that was recorded: this message alone is repeated.
#[test]
fn crash_repeats_one_message_at_most() {
    let install = install_with_three_messages();
    let mut first = Vec::new();
    let crashed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        run(&install, OPTIONS, &mut |message| {
            first.extend(describe(message));
            assert!(first.len() < 2, "killed");
            Delivery::Delivered
        })
    }));
    assert!(crashed.is_err());
    assert_eq!(first, ["admin@x: admin/a expires in 7", "member@x: member/a expires in 7"]);
    assert_eq!(sent(&install), ["member@x: member/a expires in 7", "viewer@x: viewer/a expires in 7"]);
    assert!(sent(&install).is_empty());
}

/// The output of the command may be closed, or the command be asked to end.
#[test]
fn error_of_the_report_ends_the_run_and_repeats_nothing() {
    let install = install_with_three_messages();
    let mut reported = Vec::new();
    let ended = notify(
        &install.temp_store.open(),
        &*install.fakes.clock,
        OPTIONS,
        &mut |_| Delivery::Delivered,
        &mut |message, _| {
            reported.extend(describe(message));
            if reported.len() == 2 { Err(Error::failure("closed")) } else { Ok(()) }
        },
    );
    ended.unwrap_err();
    assert_eq!(reported, ["admin@x: admin/a expires in 7", "member@x: member/a expires in 7"]);
    assert_eq!(sent(&install), ["viewer@x: viewer/a expires in 7"]);
}

fn install_with_eight_messages() -> TestInstall {
    let install = install();
    for n in 0..8 {
        let name = format!("m{n}");
        install.account(&name, Role::Member);
        install.call(OWNER, set_contact(&name, "m@x")).unwrap();
        make(&install, &name, "a", "5d");
    }
    install
}

#[test]
fn run_stops_if_nothing_can_be_delivered() {
    let install = install_with_eight_messages();
    let unavailable = |_: &NoticeMessage| Delivery::Unavailable("no route".to_owned());
    let outcome = run(&install, OPTIONS, &mut { unavailable }).unwrap();
    assert_eq!(outcome, NotifyOutcome { failed: 5, stopped: true, ..NotifyOutcome::default() });
    assert_eq!(sent(&install).len(), 8);
}

/// Otherwise the accounts behind them would never get a message.
#[test]
fn refused_addresses_do_not_end_the_run() {
    let install = install_with_eight_messages();
    let outcome = run(&install, OPTIONS, &mut |message| {
        let last = message.account.as_ref().is_none_or(|name| name.as_str() >= "m6");
        if last { Delivery::Delivered } else { refused(message) }
    });
    // The digest goes to the owner, who can mend the contacts.
    assert_eq!(outcome.unwrap(), NotifyOutcome { sent: 3, failed: 6, ..NotifyOutcome::default() });
    assert_eq!(sent(&install).len(), 6);
}

/// The uses before those without a notice are not read again.
#[test]
fn failed_notice_about_a_network_is_found_again_from_its_day() {
    let install = install();
    let issued = make(&install, "member", "a", "never");
    use_from(&install, &issued, "192.0.2.1");
    sent(&install);
    install.fakes.clock.advance(10 * DAY);
    use_from(&install, &issued, OTHER);
    let failed_on = jeton::domain::time::utc_day_number(install.now());
    install.fakes.clock.advance(3 * DAY);
    assert!(run(&install, OPTIONS, &mut refused).unwrap().failed > 0);
    assert_eq!(install.store().read(|s| s.networks_known_to()).unwrap(), Some(failed_on));
    assert!(sent(&install).contains(&"member@x: member/a 198.51.100.0/24".to_owned()));
}
