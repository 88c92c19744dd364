// What makes the pages nicer where there are scripts. All of them work without.
"use strict";

(function () {
  var showPassword = document.getElementById("show-password");
  if (showPassword) {
    var password = document.getElementById("password");
    showPassword.hidden = false;
    showPassword.addEventListener("click", function () {
      var shown = password.type === "text";
      password.type = shown ? "password" : "text";
      showPassword.setAttribute("aria-pressed", String(!shown));
    });
    password.form.addEventListener("submit", function () {
      // A browser keeps what stands in a field of text.
      password.type = "password";
    });
  }

  document.querySelectorAll("time[data-local]").forEach(function (time) {
    time.textContent = new Date(time.dateTime).toLocaleTimeString([], {
      hour: "numeric",
      minute: "2-digit",
    });
  });

  var form = document.querySelector("form[data-submit]");
  if (form) {
    HTMLFormElement.prototype.submit.call(form);
  }

  var link = document.querySelector("a[data-follow]");
  if (link) {
    var follow = function () {
      window.location.replace(link.href);
    };
    if (document.readyState === "complete") {
      follow();
    } else {
      // The page is loaded when all applications have been told; one that hangs holds nobody up.
      window.addEventListener("load", follow);
      window.setTimeout(follow, 4000);
    }
  }
})();
