//! What a program is told when its request cannot be read.

kernel::refusals! {
    /// A parameter of the query cannot be read.
    QUERY = "api.query", 400,
        zh ["查询参数无法识别：{why}", "每个参数的类型和范围见接口说明。", "请对照 /api 改正后再请求。"],
        en ["The query cannot be read: {why}", "The description says type and limits of each parameter.", "Correct it as /api says and ask again."];
    /// The body is no JSON.
    JSON = "api.json", 400,
        zh ["请求体不是有效的 JSON：{why}", "请求体须为 UTF-8 编码的 JSON。", "请改正后再发送。"],
        en ["The body is no JSON: {why}", "Bodies are JSON in UTF-8.", "Correct it and send again."];
    /// The body has another media type.
    MEDIA = "api.media_type", 415,
        zh ["请求体类型无法处理。", "只接受 application/json。", "请设置 Content-Type: application/json。"],
        en ["The type of the body is not known here.", "Only application/json is read.", "Set Content-Type: application/json."];
    /// The body is JSON, but not what the operation takes.
    SHAPE = "api.shape", 422,
        zh ["请求体与接口说明不符：{why}", "字段的名称、类型和范围见接口说明。", "请对照 /api 改正后再发送。"],
        en ["The body is not as described: {why}", "The description says name, type and limits of each field.", "Correct it as /api says and send again."];
    /// The same key came with another command.
    KEY_REUSED = "api.key_reused", 422,
        zh ["这个 Idempotency-Key 已用于另一个请求。", "一个键只属于一个请求，重复发送时内容必须相同。", "请换一个新的键。"],
        en ["This Idempotency-Key belongs to another request.", "A key stands for one request; sent again it must be the same.", "Use a new key."];
    /// The same key is at work at this moment.
    KEY_BUSY = "api.key_busy", 409,
        zh ["带有同一 Idempotency-Key 的请求正在处理。", "同一个键同时只处理一次。", "请稍后用同一个键再发一次。"],
        en ["A request with this Idempotency-Key is under way.", "One key is worked on once at a time.", "Send it again in a moment with the same key."];
}
