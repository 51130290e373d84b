// Runs before anything of size, in any browser: may this one run the page? It also takes away what
// could reach the network in spite of the Content-Security-Policy.
(function () {
  var wasm = window.WebAssembly;
  // a function with try and catch: a browser without exceptions in WebAssembly refuses it
  var exceptions = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 6, 64, 25, 11, 11];
  var able =
    window.Worker && window.DecompressionStream && window.Promise && window.Intl && Intl.DisplayNames &&
    Element.prototype.replaceChildren && Array.prototype.at && window.FileReader &&
    wasm && wasm.validate && wasm.validate(new Uint8Array(exceptions));
  if (able) document.documentElement.className = "is-able";
  var taken = ["RTCPeerConnection", "webkitRTCPeerConnection", "RTCDataChannel", "WebTransport", "open"];
  for (var i = 0; i < taken.length; i++)
    Object.defineProperty(window, taken[i], { value: undefined, writable: false, configurable: false });
})();
