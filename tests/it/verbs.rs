//! A story for each verb.

use crate::support::world::{House, OWNER};
use jeton::verbs::decide::Decision;

#[test]
fn a_created_token_is_accepted() {
    let house = House::inhabited();
    let issued = house.issue(OWNER, "ci-deploy");
    assert!(matches!(house.verify(&issued.secret), Decision::Allowed(_)));
}
