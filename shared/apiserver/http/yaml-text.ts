// YAML bodies into plain data, in time that grows with their length whatever they hold.
import { InvalidInputError } from '../../errors.ts'

/** A node has at most one tag and one anchor; the parser's time grows with the square of how many stand in a row. */
const maxProperties = 16

/**
 * The value of a text of one document. Aliases may repeat at most a hundred times what they stand for.
 * Throws InvalidInputError for what is no YAML, and what the parser throws for aliases beyond that.
 */
export async function parseYaml(text: string): Promise<unknown> {
  const { Composer, Lexer, LineCounter, Parser } = await import('yaml')
  const lines = new LineCounter()
  lines.addNewLine(0)
  const parser = new Parser(lines.addNewLine)
  function* tokens() {
    let properties = 0
    let isScalar = false
    for (const lexeme of new Lexer().lex(text)) {
      const isProperty = !isScalar && (lexeme.startsWith('!') || lexeme.startsWith('&'))
      isScalar = lexeme === scalarFollows
      if (isProperty) properties += 1
      else if (lexeme.trim() !== '') properties = 0
      if (properties > maxProperties) throw wrong('a node has at most one tag and one anchor', parser.offset)
      yield* parser.next(lexeme)
    }
    yield* parser.end()
  }
  const wrong = (message: string, offset: number): InvalidInputError => {
    const { line, col } = lines.linePos(offset)
    return new InvalidInputError(`line ${line}, column ${col}: ${message}`)
  }
  const composer = new Composer({ uniqueKeys: false, schema: 'core', merge: false })
  const [document, another] = composer.compose(tokens(), true, text.length)
  if (!document) return null
  const [error] = document.errors
  if (error) throw wrong(error.message, error.pos[0])
  if (another) throw wrong('a body holds one document', another.range[0])
  return document.toJS({ maxAliasCount: 100 })
}

/** How the lexer marks that a scalar's text comes next. */
const scalarFollows = '\u001f'
