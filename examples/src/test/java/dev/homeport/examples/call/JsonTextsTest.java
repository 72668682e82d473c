package dev.homeport.examples.call;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Objects of a stream, one after the other, whatever stands between and in them. */
class JsonTextsTest {
    private static List<String> parts(String text) {
        List<String> parts = new ArrayList<>();
        new JsonTexts(new StringReader(text)).forEachRemaining(parts::add);
        return parts;
    }

    @Test
    void objectsArePartedWhereTheyEnd() {
        assertThat(parts("{}{\"a\":{\"b\":[1]}}\n\n {\n} ")).containsExactly("{}", "{\"a\":{\"b\":[1]}}", "{\n}");
        assertThat(parts(" \n")).isEmpty();
    }

    @Test
    void bracketsInStringsAreText() {
        assertThat(parts("{\"a\": \"}{\\\"}\"} {}")).containsExactly("{\"a\": \"}{\\\"}\"}", "{}");
    }

    @Test
    void whatIsNoObjectComesOutAsItIs() {
        assertThat(parts("{\"a\": ")).containsExactly("{\"a\": ");
        assertThat(parts("}{}")).containsExactly("}", "{}");
        assertThat(parts("\"\\")).containsExactly("\"\\");
    }

    @Test
    void endlessTextIsGivenUp() {
        assertThat(parts("[".repeat(JsonTexts.MAX_CHARS + 5)).getFirst()).hasSize(JsonTexts.MAX_CHARS + 1);
    }
}
