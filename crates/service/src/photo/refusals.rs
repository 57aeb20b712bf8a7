//! What is refused about pictures.

kernel::refusals! {
    /// Nothing was chosen.
    NO_FILE = "photo.no_file", 422,
        zh ["没有选择照片。", "一次可选多张。", "请点“选择照片”，选好后再上传。"],
        en ["No photo was chosen.", "You may choose several at once.", "Choose photos, then upload."];
    /// Not a picture.
    KIND = "photo.kind", 422,
        zh ["“{name}”不是能接收的照片。", "只收 JPEG、PNG、WebP 格式的照片，以内容为准。", "请用手机相机拍的原图；苹果手机请在“相机—格式”里选“兼容性最佳”。"],
        en ["“{name}” is no photo that is taken.", "JPEG, PNG and WebP only, by content and not by name.", "Use a photo as the phone took it; on iPhones choose “Most compatible” under Camera, Formats."];
    /// Damaged.
    BROKEN = "photo.broken", 422,
        zh ["“{name}”打不开。", "文件不完整或已损坏。", "请换一张，或重新拍摄。"],
        en ["“{name}” cannot be opened.", "The file is damaged or not whole.", "Choose another one or take it again."];
    /// Too many pixels.
    PIXELS = "photo.pixels", 422,
        zh ["“{name}”尺寸太大（{width}×{height}）。", "最多 5000 万像素。", "请在手机上缩小后再上传。"],
        en ["“{name}” has too many pixels ({width} x {height}).", "At most 50 million.", "Make it smaller and upload again."];
    /// Too small.
    SMALL = "photo.small", 422,
        zh ["“{name}”太小，看不清。", "每边至少 32 像素。", "请上传原图。"],
        en ["“{name}” is too small to see.", "At least 32 pixels a side.", "Upload the original."];
    /// The same picture again.
    KNOWN = "photo.known", 409,
        zh ["“{name}”已经上传过。", "同一张照片只留一份。", "不用再传；换一张即可。"],
        en ["“{name}” was uploaded before.", "One copy is enough.", "Nothing to do; choose another one."];
    /// Too many of them.
    FULL = "photo.full", 409,
        zh ["这一场的照片已满 {max} 张。", "每场最多 {max} 张。", "请先删掉不需要的。"],
        en ["This session has {max} photos already.", "At most {max} a session.", "Delete some first."];
    /// Not yet, or never.
    NOT_NOW = "photo.not_now", 409,
        zh ["这一场现在不能传照片。", "活动开始后才能上传；已取消的场次不收照片。", "请在活动开始后再来。"],
        en ["Photos cannot be added now.", "Only after the start; never for a cancelled session.", "Come back once it has begun."];
    /// The leader did not open it.
    NOT_OPEN = "photo.not_open", 403,
        zh ["队长没有开放志愿者上传。", "志愿者上传要队长同意。", "请联系队长，或把照片发给队长上传。"],
        en ["The leader has not opened uploads to volunteers.", "Volunteers upload by the leader's leave.", "Ask the leader, or send them your photos."];
    /// The word about consent is missing.
    CONSENT = "photo.consent", 422,
        zh ["还没有确认被拍的人同意。", "能认出的人都同意后才能公开；未成年人另需监护人同意。", "请先问过，再勾选“都已同意”。"],
        en ["It is not said that those pictured agreed.", "Whoever can be recognised agrees first; for minors their guardians too.", "Ask them, then tick “all agreed”."];
    /// Deleted for too long.
    GONE = "photo.gone", 409,
        zh ["这张照片已不能恢复。", "删除后 24 小时内可以恢复。", "如有原图，可重新上传。"],
        en ["This photo cannot be brought back.", "It could for 24 hours.", "Upload it again if you have it."];
    /// Somebody answered.
    DECIDED = "photo.decided", 409,
        zh ["这个请求已经处理过。", "每个请求只处理一次。", "请刷新页面查看结果。"],
        en ["This wish was answered already.", "Each is answered once.", "Reload to see the answer."];
}
