package dev.homeport.examples.call;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Parts a stream of characters into the JSON objects it holds, one after the other, as they come. What one means is
 * not looked at: text that is not JSON comes out as it is, for the parser to name what is wrong. Used by one thread.
 */
final class JsonTexts implements Iterator<String> {
    /** More than the generic stub takes; what is longer is given up here, where it would only fill memory. */
    static final int MAX_CHARS = 8 * 1024 * 1024;

    private final Reader reader;
    private @Nullable String next;

    JsonTexts(Reader reader) {
        this.reader = reader;
    }

    @Override
    public boolean hasNext() {
        if (next == null) {
            try {
                next = read();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return next != null;
    }

    @Override
    public String next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        String text = next;
        next = null;
        return text;
    }

    private @Nullable String read() throws IOException {
        StringBuilder text = new StringBuilder();
        int depth = 0;
        boolean inString = false;
        for (int c = reader.read(); c >= 0; c = reader.read()) {
            if (text.isEmpty() && Character.isWhitespace(c)) {
                continue;
            }
            text.append((char) c);
            if (text.length() > MAX_CHARS) {
                return text.toString();
            }
            if (inString) {
                if (c == '\\') {
                    appendNext(text);
                } else if (c == '"') {
                    inString = false;
                }
            } else if (c == '"') {
                inString = true;
            } else if (c == '{' || c == '[') {
                depth++;
            } else if ((c == '}' || c == ']') && --depth <= 0) {
                return text.toString();
            }
        }
        return text.isEmpty() ? null : text.toString();
    }

    private void appendNext(StringBuilder text) throws IOException {
        int c = reader.read();
        if (c >= 0) {
            text.append((char) c);
        }
    }
}
