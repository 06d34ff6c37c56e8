// Lets the search work from a folder. Browsers give a page of file:// no workers, so this one runs
// the worker's script in a hidden frame, and passes messages on. On a server it changes nothing.
if (location.protocol === "file:") {
  window.Worker = class {
    onmessage = null;
    onerror = null;
    #waiting = [];
    #ready = false;

    constructor(url) {
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      const { contentWindow: inside, contentDocument: content } = this.frame;
      content.open();
      content.write("<!doctype html><title>search</title>");
      content.close();
      inside.postMessage = (data) => setTimeout(() => this.onmessage?.({ data }));
      const script = content.createElement("script");
      script.src = new URL(url, location.href).href;
      script.onload = () => this.#open();
      script.onerror = () => this.onerror?.(new ErrorEvent("error"));
      content.head.append(script);
    }

    postMessage(data) {
      if (this.#ready) setTimeout(() => this.frame.contentWindow?.onmessage?.({ data }));
      else this.#waiting.push(data);
    }

    terminate() {
      this.frame.remove();
    }

    #open() {
      this.#ready = true;
      for (const data of this.#waiting.splice(0)) this.postMessage(data);
    }
  };
}
