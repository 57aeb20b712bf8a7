//! What is refused about proofs.

kernel::refusals! {
    /// Not yet.
    NOT_NOW = "proof.not_now", 409,
        zh ["这一场还没有开始，不能上传凭证。", "凭证用来证明已经发生的服务。", "请在活动开始后再来。"],
        en ["The session has not begun: there is nothing to prove.", "Proofs are of service that took place.", "Come back once it has begun."];
    /// Too many of them.
    FULL = "proof.full", 409,
        zh ["这一场的凭证已满 {max} 张。", "每场最多 {max} 张。", "请只上传必要的几张。"],
        en ["This session has {max} proofs already.", "At most {max} a session.", "Upload only what is needed."];
    /// Too late, or somebody else's.
    KEPT = "proof.kept", 409,
        zh ["这张凭证不能删除。", "只有上传的人能在一小时内删除；之后别人可能已经据此作了决定。", "传错了的，请再传一张并在说明里写清。"],
        en ["This proof cannot be removed.", "Whoever gave it may, within an hour; after that others may have decided by it.", "If it is the wrong one, add the right one and say so."];
}
