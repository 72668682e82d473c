package dev.homeport.call;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * Bytes as they must be, written for people: each line has the bytes of one field in hexadecimal, then a bar and the
 * field's name.
 */
final class Golden {
    private Golden() {}

    /** Fails unless these are the bytes of the lines, and no more. */
    static void assertBytes(byte[] actual, String lines) {
        String[] expected = lines.lines()
                .map(line -> line.substring(0, line.indexOf('|')).strip())
                .flatMap(bytes -> Arrays.stream(bytes.split(" +")))
                .toArray(String[]::new);
        String[] told = HexFormat.ofDelimiter(" ").formatHex(actual).split(" ");
        assertThat(told).as("bytes of\n%s", lines).isEqualTo(expected);
    }
}
