//! Who does what next with an offered place: one pure decision, so that no state leaves everybody waiting.

use kernel::PersonId;

use super::OfferState;

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "HandOverAct")]
pub enum Act {
    /// Take the place, with or without a swap.
    Take,
    /// Say that one cannot.
    Decline,
    /// Take the offer back.
    Withdraw,
    /// Answer the offered swap.
    Answer,
    /// The leader agrees or does not.
    Decide,
}

/// Who looks.
#[derive(Debug, Clone, Copy)]
pub struct Viewer {
    /// The person, if one.
    pub person: Option<PersonId>,
    /// Whether they lead the session.
    pub leads: bool,
}

/// An offer, as far as the decision needs it.
#[derive(Debug, Clone, Copy)]
pub struct Offer {
    /// Where it stands.
    pub state: OfferState,
    /// Who offers.
    pub from: PersonId,
    /// Who is asked; `None`: anybody.
    pub to: Option<PersonId>,
    /// Who takes over, once somebody does.
    pub taker: Option<PersonId>,
    /// Whether the session has not begun.
    pub ahead: bool,
}

/// What a viewer can do now.
#[must_use]
pub fn acts(offer: &Offer, viewer: Viewer) -> Vec<Act> {
    let mut out = Vec::new();
    if !offer.ahead {
        return out;
    }
    let giver = viewer.person == Some(offer.from);
    match offer.state {
        OfferState::Offered => {
            if viewer.person.is_some() && !giver && offer.to.is_none_or(|to| viewer.person == Some(to)) {
                out.push(Act::Take);
            }
            if offer.to.is_some() && viewer.person == offer.to {
                out.push(Act::Decline);
            }
        }
        OfferState::Proposed if giver => out.push(Act::Answer),
        // Nobody decides about their own stand-in.
        OfferState::Asked
            if viewer.leads && !giver && viewer.person.is_none_or(|one| Some(one) != offer.taker) =>
        {
            out.push(Act::Decide);
        }
        _ => {}
    }
    if giver && matches!(offer.state, OfferState::Offered | OfferState::Proposed | OfferState::Asked) {
        out.push(Act::Withdraw);
    }
    out
}

/// Whether an offer still waits for somebody.
#[must_use]
pub const fn live(state: OfferState) -> bool {
    matches!(state, OfferState::Offered | OfferState::Proposed | OfferState::Asked)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn state() -> impl Strategy<Value = OfferState> {
        prop::sample::select(OfferState::ALL)
    }

    proptest! {
        #[test]
        fn while_it_lives_somebody_can_always_act(state in state(), to in prop::option::of(2_i64..4), taker in 2_i64..4) {
            let to = to.map(PersonId);
            let offer = Offer { state, from: PersonId(1), to, taker: Some(PersonId(taker)), ahead: true };
            let of = |id: i64| acts(&offer, Viewer { person: Some(PersonId(id)), leads: false });
            let lead = acts(&offer, Viewer { person: None, leads: true });
            let anybody = (1..5).any(|id| of(id).iter().any(|act| *act != Act::Withdraw)) || !lead.is_empty();
            prop_assert_eq!(anybody, live(state));
            // The giver can always step back while it lives, and never takes their own place.
            prop_assert_eq!(of(1).contains(&Act::Withdraw), live(state));
            prop_assert!(!of(1).contains(&Act::Take));
            // Who was not asked cannot take what was offered to somebody.
            prop_assert!(to.is_none() || !of(9).contains(&Act::Take));
            // The taker never decides for the leader.
            let both = acts(&offer, Viewer { person: Some(PersonId(taker)), leads: true });
            prop_assert!(!both.contains(&Act::Decide));
            // Once it has begun nothing can be done.
            let late = Offer { ahead: false, ..offer };
            let none = acts(&late, Viewer { person: Some(PersonId(2)), leads: true }).is_empty();
            prop_assert!(none);
        }
    }
}
