package dev.homeport.dropin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One class file too new among these breaks every channel of a program on an older JVM. */
class ClassFileVersionTest {
    private static final int JAVA_8 = 52;

    @Test
    void providersAndAllTheyNameAreForJava8() throws IOException {
        List<Class<?>> low = List.of(
                HomeportManagedChannelProvider.class, HomeportServerProvider.class, Gate.class,
                ChannelRouting.class, ServerRouting.class);
        for (Class<?> type : low) {
            assertThat(majorVersionOf(type)).as(type.getName()).isEqualTo(JAVA_8);
        }
    }

    private static int majorVersionOf(Class<?> type) throws IOException {
        String file = "/" + type.getName().replace('.', '/') + ".class";
        try (DataInputStream in = new DataInputStream(type.getResourceAsStream(file))) {
            in.readInt();
            in.readUnsignedShort();
            return in.readUnsignedShort();
        }
    }
}
