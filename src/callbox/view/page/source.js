// Where answers come from: the server that shows this page. `embedded.js` answers the same questions from a file.

/** Asks the server about one recording. */
export class ServerSource {
  constructor(box) {
    this.box = box;
  }

  async ask(name, parameters = {}) {
    const query = new URLSearchParams({ box: this.box, ...parameters });
    let response;
    try {
      response = await fetch(`api/${name}?${query}`, { cache: "no-store" });
    } catch {
      throw new Error("callbox view has ended: start it again, and open the address that it prints");
    }
    if (!response.ok) throw new Error((await response.text()).trim());
    return response.json();
  }
}
