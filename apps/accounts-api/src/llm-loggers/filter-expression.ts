import { FilterError, type Token, tokensOf } from './filter-tokens.js';
import { comparisons, filterFunctions, isTrue, memberOf } from './filter-values.js';

/** Longest filter, in characters. */
export const MAX_FILTER_LENGTH = 4_096;
/** Of parentheses, negations and calls inside each other. */
const MAX_DEPTH = 32;

export type Filter = (facts: unknown) => boolean;

type Expression = (facts: unknown) => unknown;

/**
 * Reads a filter: the part of JMESPath (https://jmespath.org/specification.html) that tells whether something fits. Members (`annotations.team`,
 * `annotations."cost centre"`), texts (`'openai'`), JSON (`` `true` ``), numbers, comparisons, `&&`, `||`, `!`, parentheses and the functions of
 * `filterFunctions`. There are no loops and no patterns in it, so that applying it takes time in proportion to its length.
 * @throws FilterError with the position
 */
export const parseFilter = (source: string): Filter => {
  if (source.length > MAX_FILTER_LENGTH) throw new FilterError(`longer than ${MAX_FILTER_LENGTH} characters`, MAX_FILTER_LENGTH + 1);
  const expression = new Parser(tokensOf(source)).whole();
  return (facts) => isTrue(expression(facts));
};

class Parser {
  private next = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): Expression {
    const expression = this.either();
    if (this.token.kind !== 'end') throw this.unexpected();
    return expression;
  }

  private either(): Expression {
    const parts = [this.both()];
    while (this.takes('||')) parts.push(this.both());
    return parts.reduce((one, other) => (facts) => {
      const value = one(facts);
      return isTrue(value) ? value : other(facts);
    });
  }

  private both(): Expression {
    const parts = [this.comparison()];
    while (this.takes('&&')) parts.push(this.comparison());
    return parts.reduce((one, other) => (facts) => {
      const value = one(facts);
      return isTrue(value) ? other(facts) : value;
    });
  }

  private comparison(): Expression {
    const one = this.operand();
    const compare = this.takesOneOf(comparisons);
    if (compare === null) return one;
    const other = this.operand();
    return (facts) => compare(one(facts), other(facts));
  }

  private operand(): Expression {
    this.depth++;
    if (this.depth > MAX_DEPTH) throw new FilterError(`nested deeper than ${MAX_DEPTH}`, this.token.at);
    const operand = this.members(this.start());
    this.depth--;
    return operand;
  }

  private start(): Expression {
    const { token } = this;
    if (this.takes('!')) {
      const denied = this.operand();
      return (facts) => !isTrue(denied(facts));
    }
    if (this.takes('(')) {
      const inner = this.either();
      this.expect(')');
      return inner;
    }
    if (token.kind === 'value') {
      this.next++;
      return () => token.value;
    }
    const name = this.name();
    return this.takes('(') ? this.call(name, token.at) : (facts) => memberOf(facts, name);
  }

  private members(start: Expression): Expression {
    let expression = start;
    while (this.takes('.')) {
      const name = this.name();
      const outer = expression;
      expression = (facts) => memberOf(outer(facts), name);
    }
    return expression;
  }

  private call(name: string, at: number): Expression {
    const called = Object.hasOwn(filterFunctions, name) ? filterFunctions[name]! : null;
    if (called === null) throw new FilterError(`there is no function ${name}; there are ${Object.keys(filterFunctions).join(', ')}`, at);
    const values = [this.either()];
    while (this.takes(',')) values.push(this.either());
    this.expect(')');
    if (values.length !== called.parameters) throw new FilterError(`${name} takes ${called.parameters} values, not ${values.length},`, at);
    return (facts) => called.apply(values.map((value) => value(facts)));
  }

  private get token(): Token {
    return this.tokens[this.next]!;
  }

  private name(): string {
    const { token } = this;
    if (token.kind !== 'name') throw this.unexpected();
    this.next++;
    return token.text;
  }

  private takes(operator: string): boolean {
    const { token } = this;
    const isIt = token.kind === 'operator' && token.text === operator;
    if (isIt) this.next++;
    return isIt;
  }

  private takesOneOf<Meaning>(meanings: Readonly<Record<string, Meaning>>): Meaning | null {
    const { token } = this;
    if (token.kind !== 'operator' || !Object.hasOwn(meanings, token.text)) return null;
    this.next++;
    return meanings[token.text]!;
  }

  private expect(operator: string): void {
    if (!this.takes(operator)) throw this.unexpected();
  }

  private unexpected(): FilterError {
    const { token } = this;
    if (token.kind === 'end') return new FilterError('the filter ends too early', token.at);
    return new FilterError(`unexpected ${token.kind === 'value' ? JSON.stringify(token.value) : token.text}`, token.at);
  }
}
