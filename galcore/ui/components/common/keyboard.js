// Keys. None acts while somebody types in a field, and none that Streamlit or the browser wants is taken.

function activeElement() {
  let active = document.activeElement;
  while (active && active.shadowRoot && active.shadowRoot.activeElement) active = active.shadowRoot.activeElement;
  return active;
}

function isTyping(element) {
  if (!element) return false;
  if (element.isContentEditable) return true;
  return ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName);
}

// Whether a key pressed now belongs to the page.
function belongsToPage(event, root) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return false;
  const active = activeElement();
  if (isTyping(active)) return false;
  if (document.querySelector('[data-testid="stDialog"], [data-testid="stPopoverBody"]')) return false;
  const elsewhere = active && active !== document.body && !root.contains(active);
  const operatesElements = event.key === "Enter" || event.key === " ";
  if (!operatesElements) return true;
  // Enter and space press whatever button is focused outside the pictures.
  return !elsewhere && !(active && active.tagName === "BUTTON" && root.contains(active));
}

// `actionOf` says what a key does, or nothing. Returns what ends the listening.
function listenToKeys(root, actionOf) {
  function onKey(event) {
    if (!root.isConnected || !belongsToPage(event, root)) return;
    const act = actionOf(event);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }
  document.addEventListener("keydown", onKey, true);
  return () => document.removeEventListener("keydown", onKey, true);
}
