//! The chain over the audit log (X6, ADR 0011): a regular job links new lines, in the order of their ids, to
//! the lines before; a check computes every link anew and names the first that is broken.

use db::{Db, DbError, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Error, Id as _, Lang, Timestamp};
use vault::AuditChain;

use super::AuditId;

/// Lines linked in one unit of work.
const BATCH: i64 = 1_000;
/// Lines checked in one unit of work.
const STEP: i64 = 5_000;
/// How far behind the newest link a line may still become visible, as a distance of ids (an hour): units of
/// work draw their ids when they begin and end in another order, on several machines.
const LATE: i64 = 3_600_000 << 21;

row! {
    struct Line {
        id: AuditId, at: Timestamp, account: Option<AccountId>, actor: String, from_addr: String, act: String,
        object_kind: String, object_id: i64, detail: String, ok: bool,
    }

    struct Head { seq: i64, hash: Vec<u8>, audit_id: i64 }

    struct Linked {
        seq: i64, audit_id: AuditId, key_version: i64, hash: Vec<u8>, there: Option<AuditId>, at: Option<Timestamp>,
        account: Option<AccountId>, actor: Option<String>, from_addr: Option<String>, act: Option<String>,
        object_kind: Option<String>, object_id: Option<i64>, detail: Option<String>, ok: Option<bool>,
    }
}

/// What a link covers besides the hash before it. The order and the forms are for ever: stored hashes hold
/// them.
fn link(chain: &AuditChain, version: u16, before: &[u8], seq: i64, line: &Line) -> Option<[u8; 32]> {
    let account = line.account.map_or_else(Vec::new, |id| id.as_i64().to_be_bytes().to_vec());
    chain.link(
        version,
        before,
        &[
            &seq.to_be_bytes(),
            &line.id.as_i64().to_be_bytes(),
            &line.at.0.to_be_bytes(),
            &account,
            line.actor.as_bytes(),
            line.from_addr.as_bytes(),
            line.act.as_bytes(),
            line.object_kind.as_bytes(),
            &line.object_id.to_be_bytes(),
            line.detail.as_bytes(),
            &[u8::from(line.ok)],
        ],
    )
}

/// Links all lines that are not linked yet. Returns how many there were. Several processes may do it at
/// once: the row of the chain's end makes them take turns.
///
/// # Errors
/// Of the database.
pub fn seal(db: &Db, chain: &AuditChain) -> Result<i64, Error> {
    let mut all = 0;
    // A cheap question first: linking is a write, and writes queue.
    while db.read_blocking(|tx| Ok::<_, Error>(!unlinked(tx, 1)?.is_empty()))? {
        let chain = chain.clone();
        let (count, seq, hash) = db.write_blocking(move |tx| seal_some(tx, &chain))?;
        all += count;
        // What stands in a log elsewhere cannot be taken back with the database: who cuts lines off at the
        // end is found by it.
        let start: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        tracing::info!(lines = count, seq, hash = start, "the audit log was sealed");
        if count == 0 {
            break;
        }
    }
    Ok(all)
}

fn head(tx: &mut ReadTx<'_>) -> Result<Option<Head>, DbError> {
    tx.first(sql!("SELECT seq, hash, audit_id FROM audit_head WHERE id = 1"), args![])
}

fn unlinked(tx: &mut ReadTx<'_>, limit: i64) -> Result<Vec<Line>, DbError> {
    let newest = head(tx)?.map_or(0, |head| head.audit_id);
    // A clock that stood ahead once must not hide what is written now.
    let now = (tx.now().0 - 1_704_067_200_000).max(0) << 21;
    let from = newest.min(now) - LATE;
    tx.all(
        sql!(
            "SELECT a.id, a.at, a.account_id, a.actor, a.from_addr, a.act, a.object_kind, a.object_id, a.detail, a.ok
             FROM audit a WHERE a.id > $1 AND NOT EXISTS (SELECT 1 FROM audit_link l WHERE l.audit_id = a.id)
             ORDER BY a.id LIMIT $2"
        ),
        args![from, limit],
    )
}

fn seal_some(tx: &mut WriteTx<'_>, chain: &AuditChain) -> Result<(i64, i64, Vec<u8>), Error> {
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO audit_head (id, seq, hash, audit_id, at) VALUES (1, 0, $1, 0, $2) ON CONFLICT (id) DO NOTHING"
        ),
        args![Vec::<u8>::new(), now],
    )?;
    let Head { mut seq, mut hash, mut audit_id } =
        tx.one(sql!("UPDATE audit_head SET at = $1 WHERE id = 1 RETURNING seq, hash, audit_id"), args![now])?;
    let lines = unlinked(tx, BATCH)?;
    let version = chain.version();
    for line in &lines {
        seq += 1;
        let made = link(chain, version, &hash, seq, line)
            .ok_or_else(|| Error::bug("the current key of the audit chain is missing"))?;
        hash = made.to_vec();
        audit_id = audit_id.max(line.id.as_i64());
        tx.exec_later(
            sql!("INSERT INTO audit_link (seq, audit_id, key_version, hash) VALUES ($1, $2, $3, $4)"),
            args![seq, line.id, i64::from(version), hash],
        )?;
    }
    tx.exec_one(
        sql!("UPDATE audit_head SET seq = $1, hash = $2, audit_id = $3 WHERE id = 1"),
        args![seq, hash, audit_id],
    )?;
    Ok((i64::try_from(lines.len()).unwrap_or(BATCH), seq, hash))
}

/// In which way the chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// The line is not as it was when it was linked, or the link was exchanged.
    Changed,
    /// The line is gone.
    LineGone,
    /// A link is gone.
    LinkGone,
    /// The end of the chain is not where it was.
    EndMoved,
    /// A line was put in behind the chain.
    PutIn,
    /// The link was made under a key that the key file does not hold.
    UnknownKey,
}

impl Flaw {
    /// For people.
    #[must_use]
    pub const fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Changed => lang.t("内容被改动", "its content was changed"),
            Self::LineGone => lang.t("记录被删除", "the line was removed"),
            Self::LinkGone => lang.t("校验链缺失一环", "a link of the chain is missing"),
            Self::EndMoved => lang.t(
                "校验链末端被移动，可能删去了最新的记录",
                "the end of the chain was moved; the newest lines may have been removed",
            ),
            Self::PutIn => lang.t("事后插入的记录", "the line was put in afterwards"),
            Self::UnknownKey => lang
                .t("校验所用的密钥不在密钥文件中", "it was linked under a key that is not in the key file"),
        }
    }
}

/// The first broken entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// Number of the link.
    pub seq: i64,
    /// Number of the line; 0 when there is none.
    pub line: i64,
    /// What is wrong.
    pub flaw: Flaw,
}

impl Broken {
    /// For people.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        lang.f(
            "第 {} 环（记录编号 {}）：{}",
            "link {} (line {}): {}",
            &[&self.seq, &self.line, &self.flaw.text(lang)],
        )
    }
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Links that were computed anew.
    pub checked: i64,
    /// Lines that wait for their link.
    pub waiting: i64,
    /// The hash at the end.
    pub hash: Vec<u8>,
    /// The first broken entry.
    pub broken: Option<Broken>,
    ended: bool,
}

impl Verdict {
    /// The hash at the end as the auditor may write it down: sixteen hexadecimal digits.
    #[must_use]
    pub fn end(&self) -> String {
        self.hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Checks on from where this verdict stands; `ended` tells when to stop.
    fn step(mut self, tx: &mut ReadTx<'_>, chain: &AuditChain) -> Result<Self, DbError> {
        let rows: Vec<Linked> = tx.all(
            sql!(
                "SELECT l.seq, l.audit_id, l.key_version, l.hash, a.id, a.at, a.account_id, a.actor, a.from_addr, a.act,
                    a.object_kind, a.object_id, a.detail, a.ok
                 FROM audit_link l LEFT JOIN audit a ON a.id = l.audit_id
                 WHERE l.seq > $1 ORDER BY l.seq LIMIT $2"
            ),
            args![self.checked, STEP],
        )?;
        let all = i64::try_from(rows.len()).unwrap_or(STEP);
        for row in rows {
            let (seq, stored, line) = (row.seq, row.hash.clone(), row.audit_id.as_i64());
            let flaw = if seq == self.checked + 1 { self.flaw(row, chain) } else { Some(Flaw::LinkGone) };
            if let Some(flaw) = flaw {
                self.broken = Some(Broken { seq: self.checked + 1, line, flaw });
                self.ended = true;
                return Ok(self);
            }
            self.checked = seq;
            self.hash = stored;
        }
        if all < STEP {
            self.ended = true;
            self.end_of_chain(tx)?;
        }
        Ok(self)
    }

    fn flaw(&self, row: Linked, chain: &AuditChain) -> Option<Flaw> {
        let (stored, version) = (row.hash.clone(), u16::try_from(row.key_version).unwrap_or(0));
        let seq = row.seq;
        let Some(line) = row.line() else { return Some(Flaw::LineGone) };
        match link(chain, version, &self.hash, seq, &line) {
            None => Some(Flaw::UnknownKey),
            Some(made) if vault::constant_time_eq(&made, &stored) => None,
            Some(_) => Some(Flaw::Changed),
        }
    }

    fn end_of_chain(&mut self, tx: &mut ReadTx<'_>) -> Result<(), DbError> {
        let end = head(tx)?;
        let (seq, newest) = end.as_ref().map_or((0, 0), |end| (end.seq, end.audit_id));
        if seq != self.checked || end.is_some_and(|end| end.hash != self.hash) {
            self.broken = Some(Broken { seq: self.checked.max(seq), line: newest, flaw: Flaw::EndMoved });
            return Ok(());
        }
        let (waiting, first): (i64, Option<i64>) = tx.one(
            sql!(
                "SELECT count(*), min(a.id) FROM audit a
                 WHERE NOT EXISTS (SELECT 1 FROM audit_link l WHERE l.audit_id = a.id)"
            ),
            args![],
        )?;
        self.waiting = waiting;
        self.broken = first.filter(|first| *first <= newest - LATE).map(|line| Broken {
            seq: self.checked,
            line,
            flaw: Flaw::PutIn,
        });
        Ok(())
    }
}

impl Linked {
    fn line(self) -> Option<Line> {
        Some(Line {
            id: self.there?,
            at: self.at?,
            account: self.account,
            actor: self.actor?,
            from_addr: self.from_addr?,
            act: self.act?,
            object_kind: self.object_kind?,
            object_id: self.object_id?,
            detail: self.detail?,
            ok: self.ok?,
        })
    }
}

/// Computes the whole chain anew, some thousand lines at a time.
///
/// # Errors
/// Of the database.
pub fn verify(db: &Db, chain: &AuditChain) -> Result<Verdict, Error> {
    let mut verdict = Verdict::default();
    while !verdict.ended {
        let (chain, so_far) = (chain.clone(), verdict);
        verdict = db.read_blocking(move |tx| Ok::<_, Error>(so_far.clone().step(tx, &chain)?))?;
    }
    Ok(verdict)
}

/// [`verify`] for pages.
///
/// # Errors
/// Of the database.
pub async fn verify_async(db: &Db, chain: &AuditChain) -> Result<Verdict, Error> {
    let mut verdict = Verdict::default();
    while !verdict.ended {
        let (chain, so_far) = (chain.clone(), verdict);
        verdict = db.read(move |tx| Ok::<_, Error>(so_far.clone().step(tx, &chain)?)).await?;
    }
    Ok(verdict)
}
