// The keys, and a switch for those who speak to their computer or type by accident (WCAG 2.1.4).

const KEYS_OFF = "connector-keys-off";

const dialog = () => document.getElementById("help");
const box = () => document.getElementById("keys-on");

export function keysAreOn() {
  return localStorage.getItem(KEYS_OFF) === null && !dialog().open;
}

export function openHelp() {
  box().checked = localStorage.getItem(KEYS_OFF) === null;
  box().onchange = () => (box().checked ? localStorage.removeItem(KEYS_OFF) : localStorage.setItem(KEYS_OFF, "1"));
  dialog().showModal();
}

export function closeHelp() {
  dialog().close();
}
