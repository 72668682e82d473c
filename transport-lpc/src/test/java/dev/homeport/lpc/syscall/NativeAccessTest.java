package dev.homeport.lpc.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.lpc.ChildJvm;
import java.util.List;
import org.junit.jupiter.api.Test;

class NativeAccessTest {

    @Test
    void deniedAccessIsAReasonNotAFailure() throws Exception {
        assertThat(reasonWith("--illegal-native-access=deny")).contains("native access is denied");
    }

    @Test
    void jvmWithoutAnyOptionHasAccess() throws Exception {
        assertThat(reasonWith("-Dnone=none")).isEqualTo("null");
    }

    @Test
    void anotherSystemIsAReason() throws Exception {
        assertThat(reasonWith("-Dos.name=Plan 9")).contains("Plan 9");
        assertThat(reasonWith("-Dos.arch=riscv64")).contains("riscv64");
    }

    private static String reasonWith(String option) throws Exception {
        try (ChildJvm child = ChildJvm.start(List.of("-Xshare:auto", option), PrintReason.class)) {
            return child.line();
        }
    }

    /** Prints the reason and ends. */
    static final class PrintReason {
        private PrintReason() {}

        public static void main(String[] arguments) {
            System.out.println(NativeAccess.unavailableReason());
        }
    }
}
