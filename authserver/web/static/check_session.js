// The OP iframe of OpenID Connect Session Management 1.0, section 3.2.
"use strict";

(function () {
  var prefix = document.currentScript.dataset.cookie + "=";

  function browserState() {
    var found = document.cookie.split("; ").filter(function (pair) {
      return pair.indexOf(prefix) === 0;
    });
    return found.length === 1 ? found[0].slice(prefix.length) : null;
  }

  function hexadecimal(buffer) {
    return Array.from(new Uint8Array(buffer), function (byte) {
      return byte.toString(16).padStart(2, "0");
    }).join("");
  }

  window.addEventListener("message", function (event) {
    var parts = /^([^ ]+) ([0-9a-f]{64})\.([^ .]+)$/.exec(event.data);
    var state = browserState();

    function answer(word) {
      event.source.postMessage(word, event.origin);
    }

    // Browsers that keep cookies from frames of other sites let nobody tell: that is no sign-out.
    if (!parts || state === null || !window.crypto.subtle) {
      answer("error");
      return;
    }
    var text = [parts[1], event.origin, state, parts[3]].join(" ");
    window.crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)).then(function (digest) {
      answer(hexadecimal(digest) === parts[2] ? "unchanged" : "changed");
    });
  });
})();
