// Turns a ticket into the identity cookie (which scripts cannot read), or has the cookie taken away.
export default function ({ data }) {
  const done = (window.galcoreTickets ??= new Set());
  const ticket = data.leave || data.ticket;
  if (!ticket || done.has(ticket)) return;
  done.add(ticket);
  fetch(data.leave ? data.leave_route : data.enter_route, {
    method: "POST",
    credentials: "same-origin",
    headers: { "X-Galcore": data.ticket || "leave" },
  })
    .then((answer) => {
      if (data.reload && answer.ok) location.reload();
    })
    .catch(() => done.delete(ticket));
}
