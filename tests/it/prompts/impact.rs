//! What a change takes away, shown before its confirmation.

use super::*;

/// A person sees which tokens are in use, and types yes. A change that hits no used token needs only the password.
#[test]
fn prompts_show_tokens_in_use_before_access_is_taken_away() {
    let home = CliHome::set_up();
    let method = "environment.control.StopEnv";
    home.as_ops(&["catalogue", "apply", "cloud-platform"]).assert_success();
    let create = ["account", "create", "ci", "--password-stdin"];
    home.run(&create, format!("{PASSWORD}\n{PASSWORD}\n")).assert_success();
    let secret = home.create(&["a", "--account", "ci", "--method", method, "--user", "ops"]);
    home.create(&["b", "--account", "ci", "--user", "ops"]);
    record_use_in_past(&home.store(), &secret, method);
    let answer = |args: &[&str], answer: &str| {
        let mut command = Terminal::start(&home, args);
        command.types_hidden(&password_of("ops"), RIGHT).waits_for(CONFIRM_CHANGE).types(answer);
        let between = command.between.replace(&secret[..12], "[hint]");
        (command.ends(), between)
    };
    let shown = |args: &[&str]| {
        let (code, shown) = answer(args, "no\n");
        assert_eq!(code, 130);
        shown
    };
    let edit = ["token", "edit", "ci/a", "--nothing", "--user", "ops"];
    insta::assert_snapshot!(shown(&edit), @"
    ci/a
      API: 1 method → no access
        - environment.control.StopEnv
      methods: 1 → 0
    ! the token can't call any method: its API selection has no methods
    In the last 7 days, these tokens used methods that this change takes away:
    ! ci/a: last seen 2 days ago; calls: 0 today, 1 in the last 7 days
        from local  jeton verify  1 call
        methods environment.control.StopEnv
    Type
    ");
    insta::assert_snapshot!(shown(&["account", "role", "ci", "viewer", "--user", "ops"]), @"
    In the last 7 days, these tokens used methods that this change takes away:
    ! ci/a: last seen 2 days ago; calls: 0 today, 1 in the last 7 days
        from local  jeton verify  1 call
        methods environment.control.StopEnv
    Type
    ");
    insta::assert_snapshot!(shown(&["account", "disable", "ci", "--user", "ops"]), @"
    Used in the last 7 days:
    ! ci/a: last seen 2 days ago; calls: 0 today, 1 in the last 7 days
        from local  jeton verify  1 call
        methods environment.control.StopEnv
    Type
    ");
    let disable = |name: &'static str| ["token", "disable", name, "--user", "ops"];
    insta::assert_snapshot!(shown(&disable("ci/a")), @"
    ! ci/a: last seen 2 days ago; calls: 0 today, 1 in the last 7 days
        from local  jeton verify  1 call
        methods environment.control.StopEnv
    Type
    ");
    home.as_ops(&["token", "regenerate", "ci/a", "--grace", "2h", "--user", "ops"]).assert_success();
    insta::assert_snapshot!(shown(&["token", "retire", "ci/a", "--user", "ops"]), @"
    In the last 7 days, the old secret was used:
    ! ci/a: last seen 2 days ago; calls: 0 today, 1 in the last 7 days
        from local  jeton verify  1 call
        methods environment.control.StopEnv
    Type
    ");
    home.file(
        "empty.toml",
        "schema = 1\nname = \"cloud-platform\"\ntitle = \"r\"\n[[group]]\nid = \"r\"\ntitle = \"r\"\n",
        0o600,
    );
    insta::assert_snapshot!(shown(&["catalogue", "apply", "empty.toml", "--user", "ops"]), @"
    cloud-platform
      title: Cloud platform → r
    Groups: 1 new, 22 gone
      + r
      − environment.control
      − environment.nodegroup
      − environment.deployment
      − environment.file
      − environment.binder
      − environment.security
      − environment.storage
      − environment.monitoring
      − marketplace.app
      − marketplace.installation
      − billing.account
      − billing.invoice
      − billing.quota
      − users.account
      − users.authentication
      − users.accesstoken
      − users.settings
      − users.sshkey
      − users.collaboration
      − development.vcs
      − artifacts.repository
      − system.info
    Methods: 259 gone
      − environment.control.ListEnvs
      − environment.control.GetEnvInfo
      − environment.control.GetEnvStatus
      − environment.control.GetTopology
      − environment.control.ListRegions
      − environment.control.CheckEnvName
      − environment.control.CreateEnv
      − environment.control.CloneEnv
      − environment.control.ChangeTopology
      − environment.control.StartEnv
      − environment.control.StopEnv
      − environment.control.RestartEnv
      − environment.control.SleepEnv
      − environment.control.WakeEnv
      − environment.control.RenameEnv
      − environment.control.SetEnvGroup
      − environment.control.MigrateEnv
      − environment.control.ListVariables
      − environment.control.SetVariables
      − environment.control.RemoveVariables
      − environment.control.ExecuteCommand
      − environment.control.DeleteEnv
      − environment.control.TransferEnv
      − environment.nodegroup.ListNodeGroups
      − environment.nodegroup.GetNodeGroup
      − environment.nodegroup.GetNodeInfo
      − environment.nodegroup.ListImages
      − environment.nodegroup.AddNode
      − environment.nodegroup.RemoveNode
      − environment.nodegroup.RestartNode
      − environment.nodegroup.RestartNodeGroup
      − environment.nodegroup.RedeployNodeGroup
      − environment.nodegroup.SetResourceLimits
      − environment.nodegroup.SetAutoscaling
      − environment.nodegroup.RenameNodeGroup
      − environment.nodegroup.ResetNodePassword
      − environment.deployment.ListDeployments
      − environment.deployment.GetDeployment
      − environment.deployment.GetDeployLog
      − environment.deployment.ListContexts
      … 219 more; full list: --json
    API sets: 4 gone
      − Extended Access
      − IDE Plugins
      − Marketplace
      − Maven Plugin
    API sets whose methods change:
      Extended Access: −237 artifacts.repository.CheckArtifact, artifacts.repository.DeleteArtifact, artifacts.repository.DownloadArtifact, artifacts.repository.GetArtifact, artifacts.repository.ListArtifacts, artifacts.repository.PromoteArtifact, …
      IDE Plugins: −58 development.vcs.BuildProject, development.vcs.CancelBuild, development.vcs.CheckRepository, development.vcs.CreateProject, development.vcs.EditProject, development.vcs.GetBuildLog, …
      Marketplace: −58 billing.account.GetPricing, billing.quota.CheckQuota, billing.quota.ListQuotas, environment.binder.AttachPublicIp, environment.binder.BindDomain, environment.binder.CheckDomain, …
      Maven Plugin: −12 artifacts.repository.CheckArtifact, artifacts.repository.ListArtifacts, artifacts.repository.UploadArtifact, environment.control.GetEnvInfo, environment.control.ListEnvs, environment.deployment.Deploy, …
    No token gains methods.
    1 token loses methods; it used some of these methods in the last 7 days:
      ci/a  −1 environment.control.StopEnv
          uses in the last 7 days: environment.control.StopEnv (1)
    In the last 7 days, these tokens used methods that this change takes away:
    ! ci/a: last seen 2 days ago; calls: 0 today, 1 in the last 7 days
        from local  jeton verify  1 call
        methods environment.control.StopEnv
        the change affects the old secret too: [hint] (ends in 2 h), last seen 2 days ago
    Type
    ");
    assert_eq!(home.run(&["verify", "--method", method], format!("{secret}\n")).code, 0, "nothing was changed");

    let mut unused = Terminal::start(&home, &disable("ci/b"));
    unused.types_hidden(&password_of("ops"), RIGHT).waits_for("✓");
    assert_eq!(unused.ends(), 0);
    // A password from elsewhere means a script: nobody is asked.
    home.as_ops(&["token", "enable", "ci/b", "--user", "ops"]).assert_success();
    home.file("password", RIGHT, 0o600);
    let mut script =
        Terminal::start(&home, &["token", "disable", "ci/a", "--user", "ops", "--password-file", "password"]);
    assert_eq!(script.ends(), 0);
    home.as_ops(&["token", "enable", "ci/a", "--user", "ops"]).assert_success();
    assert_eq!(answer(&["account", "disable", "ci", "--user", "ops"], "yes\n").0, 0);
    assert_eq!(home.run(&["verify", "--method", method], format!("{secret}\n")).code, 4);
}

#[test]
fn disable_changes_the_shown_token_even_if_another_gets_its_name() {
    let home = CliHome::set_up();
    let secret = home.create(&["a"]);
    assert_eq!(home.run(&["verify"], format!("{secret}\n")).code, 0);
    let mut disable = Terminal::start(&home, &["token", "disable", "a"]);
    disable.types_hidden(&password_of("ops"), RIGHT).waits_for(CONFIRM_CHANGE);
    home.as_ops(&["token", "edit", "a", "--name", "b"]).assert_success();
    home.create(&["a"]);
    disable.types("yes\n").waits_for(ERROR);
    assert_eq!(disable.ends(), 5);
    let enabled = |name: &str| home.as_ops(&["token", "show", name, "--json"]).json()["token"]["enabled"].clone();
    assert_eq!((enabled("a"), enabled("b")), (true.into(), true.into()));
}

/// Returns a command whose impact is shown on a terminal. It waits for the answer to its question, `prompt`.
fn asked(home: &CliHome, args: &[&str], prompt: &str) -> Terminal {
    let mut command = Terminal::start(home, args);
    command.types_hidden(&password_of("ops"), RIGHT).waits_for(prompt);
    command
}

#[test]
fn purge_takes_the_shown_tokens_even_if_as_many_others_are_in_the_trash() {
    let home = CliHome::set_up();
    for name in ["a", "b"] {
        home.create(&[name]);
    }
    home.as_ops(&["token", "revoke", "a", "--confirm", "a"]).assert_success();
    let mut purge = asked(&home, &["token", "purge", "--trashed"], CONFIRM_FOR_GOOD);
    home.as_ops(&["token", "restore", "a"]).assert_success();
    home.as_ops(&["token", "revoke", "b", "--confirm", "b"]).assert_success();
    purge.types("1\n").waits_for(ERROR);
    assert_eq!(purge.ends(), 5);
    assert_eq!(home.as_ops(&["token", "list", "--trash", "--quiet"]).out, "ops/b\n");
    assert_eq!(home.as_ops(&["token", "purge", "--trashed", "--confirm", "1"]).code, 0, "a script counts");
}

#[test]
fn role_is_changed_only_from_the_shown_one() {
    let home = CliHome::set_up();
    let method = "environment.control.StopEnv";
    home.as_ops(&["catalogue", "apply", "cloud-platform"]).assert_success();
    let create = ["account", "create", "ci", "--role", "admin", "--password-stdin"];
    home.run(&create, format!("{PASSWORD}\n{PASSWORD}\n")).assert_success();
    let secret = home.create(&["a", "--account", "ci", "--method", method, "--user", "ops"]);
    assert_eq!(home.run(&["verify", "--method", method], format!("{secret}\n")).code, 0);
    let mut role = asked(&home, &["account", "role", "ci", "viewer", "--user", "ops"], CONFIRM_CHANGE);
    home.as_ops(&["account", "role", "ci", "member", "--user", "ops"]).assert_success();
    role.types("yes\n").waits_for(ERROR);
    assert_eq!(role.ends(), 5);
    let shown = home.as_ops(&["account", "show", "ci", "--json", "--user", "ops"]).json();
    assert_eq!(shown["account"]["role"], "member");

    let mut last = Terminal::start(&home, &["account", "disable", "ops", "--user", "ops"]);
    last.types_hidden(&password_of("ops"), RIGHT).waits_for(ERROR);
    assert_eq!(last.ends(), 5);
    assert!(!last.seen.contains(CONFIRM_CHANGE), "{}", last.seen);
}
