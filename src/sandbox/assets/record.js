// The parent's side of a canvas app: posts the signed request into the frame and answers the frame's messages.
(() => {
  "use strict";
  const frame = document.querySelector("iframe[data-settings]");
  const form = document.getElementById("canvas-form");
  if (!frame || !form) return;
  const settings = JSON.parse(frame.dataset.settings);
  const canvasOrigin = new URL(settings.canvasUrl, location.href).origin;
  const limits = { height: 2000, width: 1000 };

  const fetchSignedRequest = async () => {
    const answer = await fetch(`${settings.endpoint}?canvas=${encodeURIComponent(settings.developerName)}&namespace=`, {
      method: "PUT",
      headers: { "Content-Type": "application/json", Authorization: `OAuth ${settings.session}` },
      body: JSON.stringify({
        canvasRequest: {
          context: {
            environment: {
              dimensions: { height: `${settings.height}px`, width: `${frame.clientWidth}px` },
              parameters: settings.parameters,
              displayLocation: "Aura",
              sublocation: null,
              record: {},
            },
          },
          client: { targetOrigin: location.origin, instanceId: settings.instanceId },
        },
        sandbox: settings.sandbox,
      }),
    });
    if (!answer.ok) throw Object.assign(new Error("no signed request"), { status: answer.status, payload: await answer.json().catch(() => []) });
    return answer.json();
  };

  const post = (signedRequest) => {
    if (signedRequest) form.elements.signed_request.value = signedRequest;
    form.submit();
  };

  const resize = (size) => {
    for (const side of ["height", "width"]) {
      const pixels = Number.parseInt(size && size[side], 10);
      if (pixels > 0) frame.style[side] = side === "width" ? `min(100%, ${Math.min(pixels, limits.width)}px)` : `${Math.min(pixels, limits.height)}px`;
    }
  };

  const reply = (seq, status, payload) => {
    const message = { status, statusText: status === 200 ? "OK" : "Error", parentVersion: "67.0", payload, seq, type: "callback", responseHeaders: "" };
    frame.contentWindow.postMessage(JSON.stringify(message), canvasOrigin);
  };

  addEventListener("message", async (event) => {
    if (event.source !== frame.contentWindow || event.origin !== canvasOrigin) return;
    let message;
    try {
      message = typeof event.data === "string" ? JSON.parse(event.data) : event.data;
    } catch {
      return;
    }
    if (!message || message.targetModule !== "Canvas" || message.src !== "client" || !message.body) return;
    const { body, seq } = message;
    if (body.type === "resize") {
      resize(body.size);
    } else if (body.type === "repost" && !body.refresh) {
      post();
    } else if (body.type === "repost" || body.type === "refresh") {
      try {
        const fresh = await fetchSignedRequest();
        if (body.type === "refresh") reply(seq, 200, fresh);
        else post(fresh.response);
      } catch (error) {
        reply(seq, error.status || 500, error.payload || []);
      }
    } else if (["subscribe", "unsubscribe", "publish"].includes(body.type)) {
      reply(seq, 200, { status: "ok" });
    } else {
      reply(seq, 400, [{ errorCode: "UNSUPPORTED", message: `The sandbox doesn't emulate ${body.type}` }]);
    }
  });

  if (settings.approvalUrl) frame.src = settings.approvalUrl;
  else post();
})();
