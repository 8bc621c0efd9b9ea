import { type Color, PDFDocument, type PDFFont, type PDFPage, rgb, StandardFonts } from "pdf-lib";
import { fitted, plain, wrapped } from "./text.ts";

/** A4 in points. */
const [WIDTH, HEIGHT] = [595.28, 841.89];
const MARGIN = 48;
const INK = rgb(0.13, 0.15, 0.19);
const MUTED = rgb(0.42, 0.45, 0.5);
const LINE = rgb(0.85, 0.87, 0.9);
const SHADE = rgb(0.955, 0.962, 0.972);
export const ACCENT = rgb(0.11, 0.33, 0.62);

export interface TextStyle {
  size?: number;
  bold?: boolean;
  mono?: boolean;
  color?: Color;
}

/** A document that is written from top to bottom; a page that is full gives way to the next. */
export class Paper {
  readonly #document: PDFDocument;
  readonly #fonts: { plain: PDFFont; bold: PDFFont; mono: PDFFont };
  #page: PDFPage;
  #y = 0;
  readonly width = WIDTH - 2 * MARGIN;

  private constructor(document: PDFDocument, fonts: { plain: PDFFont; bold: PDFFont; mono: PDFFont }) {
    this.#document = document;
    this.#fonts = fonts;
    this.#page = this.#next();
  }

  static async begin(title: string, madeAt: number): Promise<Paper> {
    const document = await PDFDocument.create();
    document.setTitle(title);
    document.setProducer("KubeNova");
    document.setCreationDate(new Date(madeAt));
    document.setModificationDate(new Date(madeAt));
    const [plain, bold, mono] = await Promise.all([
      document.embedFont(StandardFonts.Helvetica),
      document.embedFont(StandardFonts.HelveticaBold),
      document.embedFont(StandardFonts.Courier),
    ]);
    return new Paper(document, { plain, bold, mono });
  }

  /** Lines of text, broken at blanks where they are too long for the page. */
  text(text: string, style: TextStyle = {}): void {
    const { size = 9.5, color = INK } = style;
    const font = this.#font(style);
    for (const line of text.split("\n").flatMap((each) => wrapped(font, plain(each), size, this.width))) {
      this.#room(size * 1.45);
      this.#page.drawText(line, { x: MARGIN, y: this.#y, size, font, color });
    }
  }

  heading(text: string): void {
    this.#room(64);
    this.#y += 30;
    this.text(text, { size: 13, bold: true, color: ACCENT });
    this.#rule();
  }

  gap(points: number): void {
    this.#y -= points;
  }

  /** Rows of cells under a head. @param widths shares of the page's width */
  table(head: readonly string[], rows: readonly (readonly string[])[], widths: readonly number[]): void {
    this.#row(head, widths, true);
    for (const [n, row] of rows.entries()) {
      if (this.#y < MARGIN + 40) {
        this.#page = this.#next();
        this.#row(head, widths, true);
      }
      this.#row(row, widths, false, n % 2 === 1);
    }
    this.gap(6);
  }

  /** Numbers the pages. @returns the file */
  async end(footer: string): Promise<Uint8Array<ArrayBuffer>> {
    const pages = this.#document.getPages();
    for (const [n, page] of pages.entries()) {
      const of = `${n + 1} / ${pages.length}`;
      const style = { y: MARGIN - 22, size: 7.5, font: this.#fonts.plain, color: MUTED };
      page.drawText(plain(footer), { ...style, x: MARGIN });
      page.drawText(of, { ...style, x: WIDTH - MARGIN - this.#fonts.plain.widthOfTextAtSize(of, 7.5) });
    }
    return new Uint8Array(await this.#document.save());
  }

  #row(cells: readonly string[], widths: readonly number[], isHead: boolean, shaded = false): void {
    const size = isHead ? 7 : 7.4;
    this.#room(15);
    if (shaded)
      this.#page.drawRectangle({
        x: MARGIN - 4,
        y: this.#y - 4,
        width: this.width + 8,
        height: 15,
        color: SHADE,
      });
    let x = MARGIN;
    for (const [n, cell] of cells.entries()) {
      const width = (widths[n] ?? 0) * this.width;
      const font = isHead ? this.#fonts.bold : this.#fonts.plain;
      const text = fitted(font, plain(isHead ? cell.toUpperCase() : cell), size, width - 6);
      this.#page.drawText(text, { x, y: this.#y, size, font, color: isHead ? MUTED : INK });
      x += width;
    }
  }

  #rule(): void {
    const end = { x: WIDTH - MARGIN, y: this.#y - 5 };
    this.#page.drawLine({ start: { x: MARGIN, y: this.#y - 5 }, end, thickness: 0.7, color: LINE });
    this.#y -= 8;
  }

  /** Goes down by so much, onto the next page where this one ends. */
  #room(points: number): void {
    if (this.#y - points < MARGIN) this.#page = this.#next();
    this.#y -= points;
  }

  #next(): PDFPage {
    this.#y = HEIGHT - MARGIN;
    return this.#document.addPage([WIDTH, HEIGHT]);
  }

  #font({ bold, mono }: TextStyle): PDFFont {
    return mono ? this.#fonts.mono : bold ? this.#fonts.bold : this.#fonts.plain;
  }
}
