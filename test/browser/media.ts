import type { Browser } from "puppeteer-core";

/** A PNG of one color, drawn by the browser. */
export async function makePicture(browser: Browser, width: number, height: number): Promise<Buffer> {
  await using tab = await openCanvas(browser, width, height);
  return Buffer.from(
    (await tab.page.evaluate("canvas.toDataURL('image/png').split(',')[1]")) as string,
    "base64",
  );
}

/** A WebM film of about a second, recorded by the browser. */
export async function makeFilm(browser: Browser, width: number, height: number): Promise<Buffer> {
  await using tab = await openCanvas(browser, width, height);
  const base64 = (await tab.page.evaluate(`(async () => {
    const recorder = new MediaRecorder(canvas.captureStream(10), { mimeType: "video/webm" });
    const pieces = [];
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
    recorder.start();
    for (let frame = 0; frame < 10; frame += 1) {
      draw(frame);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    recorder.stop();
    await stopped;
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
    return btoa(String.fromCharCode(...bytes));
  })()`)) as string;
  return Buffer.from(base64, "base64");
}

async function openCanvas(browser: Browser, width: number, height: number) {
  const page = await browser.newPage();
  await page.setContent(`<canvas width="${width}" height="${height}"></canvas><script>
    const canvas = document.querySelector("canvas");
    function draw(frame) {
      const context = canvas.getContext("2d");
      context.fillStyle = "hsl(" + frame * 36 + " 70% 50%)";
      context.fillRect(0, 0, canvas.width, canvas.height);
    }
    draw(5);
  </script>`);
  return { page, [Symbol.asyncDispose]: () => page.close() };
}

/** A WAV file with a tone of 440 Hz. */
export function makeSound(seconds: number): Buffer {
  const rate = 8_000;
  const samples = Math.round(seconds * rate);
  const file = Buffer.alloc(44 + samples);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + samples, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  // PCM, one channel, 8 bits a sample.
  for (const [index, value] of [1, 1].entries()) file.writeUInt16LE(value, 20 + 2 * index);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(rate, 28);
  for (const [index, value] of [1, 8].entries()) file.writeUInt16LE(value, 32 + 2 * index);
  file.write("data", 36);
  file.writeUInt32LE(samples, 40);
  for (let index = 0; index < samples; index += 1) {
    file.writeUInt8(Math.round(128 + 60 * Math.sin((2 * Math.PI * 440 * index) / rate)), 44 + index);
  }
  return file;
}

/** A PDF with one page and one line of text, in letters of ASCII. */
export function makePdf(text: string): Buffer {
  const content = `BT /F1 24 Tf 40 140 Td (${text}) Tj ET`;
  const objects = [
    "<</Type /Catalog /Pages 2 0 R>>",
    "<</Type /Pages /Kids [3 0 R] /Count 1>>",
    "<</Type /Page /Parent 2 0 R /MediaBox [0 0 360 200] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>>>>",
    `<</Length ${content.length}>>\nstream\n${content}\nendstream`,
    "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
  ];
  let file = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const size = objects.length + 1;
  const end = `xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<</Size ${size} /Root 1 0 R>>\nstartxref\n${file.length}\n%%EOF\n`;
  return Buffer.from(file + end, "latin1");
}
