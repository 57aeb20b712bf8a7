//! Who of those chosen is refused, and why; no storage.

use kernel::{Lang, Refusal};

use super::refusals;
use crate::org::{OrgState, rules as orgs};
use crate::person::PersonState;

/// Whether somebody in this state reads messages.
pub(super) fn reachable(name: &str, state: PersonState) -> Option<Refusal> {
    let reads = match state {
        PersonState::Active | PersonState::Suspended | PersonState::Unclaimed | PersonState::Incomplete => {
            true
        }
        PersonState::Disputed | PersonState::Closed | PersonState::Deceased => false,
    };
    (!reads).then(|| {
        Refusal::new(&refusals::UNREACHABLE).with("name", name).with_both(
            "state",
            state.name(Lang::Zh),
            state.name(Lang::En),
        )
    })
}

/// Whether somebody in this state, who may be a member already, can be taken into a team: what the command asks.
pub(super) fn joins(name: &str, state: PersonState, member: bool) -> Option<Refusal> {
    let refused = if member {
        Some(Refusal::new(&crate::org::refusals::ALREADY_MEMBER))
    } else {
        (!orgs::may_join(state.code())).then(|| Refusal::new(&crate::org::refusals::NOT_ACTIVE))
    };
    refused.map(|refusal| one(name, &refusal))
}

/// Whether a team can become this.
pub(super) fn becomes(name: &str, from: OrgState, to: OrgState) -> Option<Refusal> {
    (!orgs::may_become(from, to)).then(|| {
        Refusal::new(&crate::org::refusals::WRONG_STATE)
            .with("name", name)
            .with_both("state", from.name(Lang::Zh), from.name(Lang::En))
            .with_both("to", to.name(Lang::Zh), to.name(Lang::En))
    })
}

/// A refusal of one of several, with the name of the line.
pub(super) fn one(name: &str, refusal: &Refusal) -> Refusal {
    Refusal::new(&refusals::ONE).with("name", name).with_both(
        "sentence",
        &refusal.sentence(Lang::Zh),
        &refusal.sentence(Lang::En),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_decided() {
        for state in PersonState::ALL {
            let gone = matches!(state, PersonState::Disputed | PersonState::Closed | PersonState::Deceased);
            assert_eq!(reachable("甲", *state).is_some(), gone, "{state:?}");
            assert!(joins("甲", *state, true).is_some());
        }
        assert!(joins("甲", PersonState::Active, false).is_none());
        let refused = joins("甲", PersonState::Closed, false).unwrap();
        assert!(refused.sentence(Lang::Zh).starts_with("甲："));
        assert!(becomes("队", OrgState::Open, OrgState::Suspended).is_none());
        assert!(becomes("队", OrgState::Closed, OrgState::Open).is_some());
    }
}
