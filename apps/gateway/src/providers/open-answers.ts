import { MemberScan } from '../wire/member-scan.js';

/** A provider works on one answer at a time, or a few; a client that asks for more at once is estimated for these alone. */
const MAX_OPEN = 16;

/** An answer under way. */
export interface OpenAnswer<Question> {
  readonly question: Question;
  /** Of the response; null when the provider did not name it. */
  readonly id: string | null;
  readonly text: MemberScan;
  readonly audio: MemberScan;
  hasFailed: boolean;
}

/** What is known of an answer of which nothing was reported. */
export interface UnreportedAnswer<Question> {
  readonly question: Question;
  readonly textBytes: number;
  /** In base64. */
  readonly audioBytes: number;
}

/** The answers of one socket that were asked for or begun and not reported yet, with what arrived of them: for an estimate, should the report never come. */
export class OpenAnswers<Question> {
  private asked: Question[] = [];
  private begun: OpenAnswer<Question>[] = [];

  /** @param pieces member of the provider's frames that holds a piece of an answer, be it text or sound */
  constructor(private readonly pieces: string) {}

  ask(question: Question): void {
    if (this.asked.length < MAX_OPEN) this.asked.push(question);
  }

  /** @param unasked the question of an answer that nobody asked for */
  start(id: string | null, unasked: () => Question): void {
    const question = this.asked.length > 0 ? this.asked.shift()! : unasked();
    this.begun = this.begun.filter((answer) => !isNothing(answer));
    if (this.begun.length === MAX_OPEN) return;
    this.begun.push({ question, id, text: new MemberScan([this.pieces]), audio: new MemberScan([this.pieces]), hasFailed: false });
  }

  /** The answer that a piece belongs to; undefined when none is under way. */
  of(frame: Buffer): OpenAnswer<Question> | undefined {
    const latest = this.begun.at(-1);
    if (this.begun.length < 2) return latest;
    return this.begun.find(({ id }) => id !== null && frame.includes(`"${id}"`)) ?? latest;
  }

  /** @returns the question of the answer that ended; undefined when it is not known */
  end(id: string | null): Question | undefined {
    const index = this.begun.findIndex((answer) => answer.id === id);
    if (index >= 0) return this.begun.splice(index, 1)[0]?.question;
    return this.begun.length > 0 ? this.begun.shift()?.question : this.asked.shift();
  }

  /** An error came, in the place of an answer, in the middle of it, or about something else: what has arrived is charged all the same. */
  fail(): void {
    const latest = this.begun.at(-1);
    if (this.asked.length > 0) this.asked.shift();
    else if (latest !== undefined) latest.hasFailed = true;
  }

  /**
   * Everything that is still open, each once: it is forgotten here.
   * @param askedToo also the questions of which no answer was begun
   */
  takeRest(askedToo: boolean): UnreportedAnswer<Question>[] {
    const begun = this.begun.filter((answer) => !isNothing(answer)).map(({ question, text, audio }) => ({ question, textBytes: text.textBytes, audioBytes: audio.textBytes }));
    const asked = (askedToo ? this.asked : []).map((question) => ({ question, textBytes: 0, audioBytes: 0 }));
    this.begun = [];
    this.asked = [];
    return [...begun, ...asked];
  }
}

const isNothing = ({ hasFailed, text, audio }: OpenAnswer<unknown>): boolean => hasFailed && text.textBytes + audio.textBytes === 0;
