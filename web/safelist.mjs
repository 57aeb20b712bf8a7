// Class names the style sheet keeps although no source spells them out: a template or a Rust helper
// puts them together from parts ("badge bg-" ~ colour ~ "-lt"). Everything else that is not found in
// a template, a Rust string or a TypeScript string is dropped by the build.
const colours = "primary|secondary|success|info|warning|danger|blue|azure|red|orange|yellow|green|teal|purple";

export default {
  standard: [
    "show", "active", "disabled", "collapsed", "elder", "invalid", "valid", "checked",
    "is-invalid", "is-valid", "was-validated",
    "invalid-feedback", "form-hint", "form-label", "form-control", "form-select", "form-check", "form-check-input",
    "htmx-indicator", "htmx-request", "htmx-swapping", "htmx-settling", "htmx-added",
    "alert-success", "alert-info", "alert-warning", "alert-danger",
    "btn-primary", "btn-outline-primary", "btn-danger", "btn-outline-danger", "btn-ghost-secondary", "btn-link", "btn-sm", "btn-lg",
    new RegExp(`^(bg|text)-(${colours})(-lt|-fg)?$`),
    /^(col|row-cols|g)(-(sm|md|lg|xl))?-(auto|[1-9]|1[0-2])$/,
    /^status-(green|red|yellow|orange|blue|azure|secondary)$/,
    /^data-bs-theme$/,
  ],
  variables: [new RegExp(`^--tblr-(${colours}|gray-\\d00|body-color|body-bg|border-color|card-bg|secondary-color)$`), /^--linli-/],
};
