//! Campaigns, what teams declare for them, what coordinating bodies say; devices that are notified.

use super::objects::session_in;
use super::{DAY, Here, OWN, Object, all, first};

/// A campaign that the demo's team takes part in, at a stage.
fn campaign_at(here: &Here, stage: &str) -> (i64, Vec<String>) {
    let id = first(
        &here.city,
        format!("SELECT campaign_id FROM campaign_item WHERE org_id = {} ORDER BY id LIMIT 1", here.team),
    );
    let today = here.now / DAY;
    let (state, from, to) = match stage {
        "draft" => ("draft", today + 10, today + 40),
        "announced" => ("announced", today + 10, today + 40),
        "running" => ("announced", today - 10, today + 40),
        "ending" => ("announced", today - 40, today - 10),
        _ => ("closed", today - 40, today - 10),
    };
    let set = format!(
        "UPDATE campaign SET state = '{state}', from_on = {from}, to_on = {to}, declare_until = {} WHERE id = {id}",
        from - 2
    );
    (id, vec![set])
}

pub fn objects() -> Vec<Object> {
    use messages::push::PushState;
    use service::campaign::{CampaignStage, ItemState};
    use service::coordination::Word;
    vec![
        Object {
            name: "campaign",
            states: all(CampaignStage::ALL, CampaignStage::code),
            set: campaign_at,
            pages: &[
                ("/campaigns/{id}", &["volunteer", "leader", "station", "office"]),
                ("/campaigns/{id}/calendar", &["volunteer", "office"]),
                ("/campaigns/{id}/report", &["volunteer", "leader", "office"]),
                ("/campaigns/{id}/manage", &["office"]),
                ("/campaigns/{id}/items", &["office"]),
                ("/campaigns/{id}/team", &["leader", "office"]),
            ],
        },
        Object {
            name: "item of a campaign",
            states: all(ItemState::ALL, ItemState::code),
            set: |here, state| {
                let (campaign, mut set) = campaign_at(here, "announced");
                let item = first(
                    &here.city,
                    format!(
                        "SELECT id FROM campaign_item WHERE org_id = {} AND campaign_id = {campaign} ORDER BY id LIMIT 1",
                        here.team
                    ),
                );
                set.push(format!("UPDATE campaign_item SET state = '{state}' WHERE id = {item}"));
                (item, set)
            },
            pages: &[("/campaign-items/{id}", &["leader", "office"])],
        },
        Object {
            name: "device that is notified",
            states: all(PushState::ALL, PushState::code),
            set: |here, state| {
                let set = vec![
                    format!("DELETE FROM push_device WHERE id = {OWN}"),
                    // Bytes that are there already: a literal would be written differently on each database.
                    format!(
                        "INSERT INTO push_device (id, account_id, endpoint_enc, endpoint_index, keys_enc, host, label,
                            key_id, session_hash, state, created_at, ended_at)
                         SELECT {OWN}, a.id, s.token_hash, s.token_hash, s.token_hash, 'push.example.net', 'Android', 1,
                            s.token_hash, '{state}', {now}, {now}
                         FROM account a JOIN login_session s ON s.account_id = a.id
                         WHERE a.person_id = {} ORDER BY s.created_at, s.token_hash LIMIT 1",
                        here.volunteer,
                        now = here.now
                    ),
                ];
                (OWN, set)
            },
            pages: &[("/settings/messages", &["volunteer"])],
        },
        Object {
            name: "agreement of a coordinating body",
            states: all(Word::ALL, Word::code),
            set: |here, state| {
                let mut set = session_in(here, "draft");
                set.push(format!(
                    "UPDATE activity SET state = 'draft', category = 'event' WHERE id = {}",
                    here.activity
                ));
                set.push(format!("DELETE FROM coordination WHERE activity_id = {}", here.activity));
                set.push(format!(
                    "INSERT INTO coordination (activity_id, org_id, state, asked_at)
                     SELECT {}, org_id, '{state}', {} FROM category_body WHERE category = 'event'",
                    here.activity, here.now
                ));
                (here.activity, set)
            },
            pages: &[
                ("/activities/{id}/coordination", &["leader", "office"]),
                ("/activities/{id}/publish", &["leader", "office"]),
            ],
        },
    ]
}
