// What changes something: a dialog that asks who and why, shows by a dry run what would be done, and only then does it.

import { operator, Problem, write } from "./api.js";
import { fill, h } from "./dom.js";
import { banner, prose } from "./pieces.js";
import { say } from "./toasts.js";

const dialog = () => document.getElementById("dialog");

/**
 * `fields`: {name, label, hint, required, kind, options, value}. `tell`: sentences of an answer's result, of what would
 * be (`isDry`) or was done; none where nothing changes. `done`: called with the result. `hasPreview`: whether
 * there is a dry run of it.
 */
export function act({
  title,
  text,
  path,
  fields = [],
  confirm,
  kind = "primary",
  hasPreview = true,
  tell,
  done = () => {},
}) {
  const state = { values: {}, preview: null, problem: null, isBusy: false };
  for (const field of fields) state.values[field.name] = field.value ?? (field.kind === "check" ? false : "");
  const draw = () => fill(dialog(), state.preview ? previewed() : asked());

  const asked = () =>
    h(
      "form",
      { onsubmit: (event) => (event.preventDefault(), send(hasPreview)) },
      heading(title),
      h("p", { class: "text" }, prose(text)),
      problemOf(state.problem),
      fields.map((field) => input(field, state.values)),
      who(),
      h(
        "footer",
        null,
        h("button", { type: "button", class: "button", onclick: close }, "Cancel"),
        h(
          "button",
          { type: "submit", class: "button primary", disabled: state.isBusy },
          hasPreview ? "Preview" : confirm,
        ),
      ),
    );

  const previewed = () => {
    const { result, remarks } = state.preview;
    const told = tell(result, true);
    const back = () => ((state.preview = null), draw(), focus("input, select, textarea"));
    return h(
      "form",
      { onsubmit: (event) => (event.preventDefault(), send(false)) },
      heading(title),
      problemOf(state.problem),
      h("h3", { id: "preview", tabindex: "-1" }, told.length ? "What this does" : "Nothing would change"),
      told.length || remarks.length
        ? h(
            "ul",
            { class: "told" },
            [...told, ...remarks].map((line) => h("li", null, prose(line))),
          )
        : null,
      h(
        "footer",
        null,
        h("button", { type: "button", class: "button", onclick: back }, "Back"),
        told.length
          ? h("button", { type: "submit", class: `button ${kind}`, disabled: state.isBusy }, confirm)
          : h("button", { type: "button", class: "button primary", onclick: close }, "Close"),
      ),
    );
  };

  const send = async (isDry) => {
    remember();
    Object.assign(state, { isBusy: true, problem: null });
    draw();
    try {
      const given = Object.entries(state.values).filter(([, value]) => value !== "");
      const asked = { ...Object.fromEntries(given), by: operator.name };
      const answer = await write(path, hasPreview ? { ...asked, dry_run: isDry } : asked);
      if (isDry) Object.assign(state, { preview: answer, isBusy: false });
      else return finish(answer);
    } catch (error) {
      if (error.status === 401) operator.forget();
      Object.assign(state, {
        problem: error,
        isBusy: false,
        preview: error.status === 401 ? null : state.preview,
      });
    }
    draw();
    focus(state.problem ? ".banner" : "#preview");
  };

  const finish = (answer) => {
    close();
    const { result = answer, remarks = [] } = answer;
    say([...tell(result, false), ...remarks].join(" "));
    done(result);
  };

  draw();
  dialog().showModal();
  focus("input, select, textarea");
}

/** Asks for name and token, to be kept for this tab. */
export function unlock(done) {
  const submit = (event) => {
    event.preventDefault();
    remember();
    close();
    done();
  };
  operator.forget();
  fill(
    dialog(),
    h(
      "form",
      { onsubmit: submit },
      heading("Unlock changes"),
      h(
        "p",
        { class: "text" },
        "Reading needs no token. What changes something asks for one, and is kept in the audit.",
      ),
      who(),
      h(
        "footer",
        null,
        h("button", { type: "button", class: "button", onclick: close }, "Cancel"),
        h("button", { type: "submit", class: "button primary" }, "Unlock"),
      ),
    ),
  );
  dialog().showModal();
  focus("input");
}

export function isActing() {
  return dialog().open;
}

function who() {
  const token = {
    name: "token",
    label: "Token",
    hint: "CONNECTOR_WEB__TOKEN of the workers. Kept in this tab alone, until it is closed.",
    kind: "password",
    required: true,
  };
  const by = {
    name: "by",
    label: "Your name",
    hint: "It stands in the audit.",
    required: true,
    value: operator.name,
  };
  return h("div", { class: "who" }, input(by, null), operator.token ? null : input(token, null));
}

function remember() {
  const given = (name) => dialog().querySelector(`[name=${name}]`)?.value;
  operator.remember(given("by") ?? operator.name, given("token") ?? operator.token);
}

function input({ name, label, hint = "", required = false, kind = "text", options = [], value = "" }, values) {
  const take = (event) => {
    if (values) values[name] = valueOf(event.target, kind);
  };
  const common = {
    name,
    id: `field-${name}`,
    required,
    "aria-describedby": hint ? `hint-${name}` : null,
    oninput: take,
  };
  const now = values?.[name] ?? value;
  const hinted = hint ? h("small", { id: `hint-${name}` }, prose(hint)) : null;
  if (kind === "check") {
    const box = h("input", { ...common, type: "checkbox", checked: Boolean(now) });
    return h("div", { class: "field check", "data-key": name }, box, h("label", { for: common.id }, label), hinted);
  }
  const control =
    kind === "choice"
      ? h(
          "select",
          { ...common, value: null },
          options.map(([to, shown]) => h("option", { value: to, selected: to === now }, shown)),
        )
      : h("input", {
          ...common,
          type: kind,
          value: now,
          step: kind === "number" ? "any" : null,
          min: kind === "number" ? 0 : null,
          autocomplete: "off",
          spellcheck: "false",
          maxlength: 500,
        });
  const optional = required ? null : h("span", { class: "quiet" }, " (may be left out)");
  return h(
    "div",
    { class: "field", "data-key": name },
    h("label", { for: common.id }, label, optional),
    control,
    hinted,
  );
}

function valueOf(control, kind) {
  if (kind === "check") return control.checked;
  if (kind === "number") return control.value === "" ? "" : control.valueAsNumber;
  return control.value;
}

function heading(title) {
  return h("h2", { id: "dialog-title" }, title);
}

function problemOf(error) {
  if (!error) return null;
  const told = error instanceof Problem ? error : new Problem({ title: "That did not work" });
  const text = [told.message === told.title ? "" : told.message, " ", ...prose(told.remedy)];
  const shown = banner("bad", told.title || told.message, text);
  shown.setAttribute("role", "alert");
  shown.setAttribute("tabindex", "-1");
  return shown;
}

function focus(selector) {
  dialog().querySelector(selector)?.focus();
}

function close() {
  dialog().close();
  fill(dialog());
}
