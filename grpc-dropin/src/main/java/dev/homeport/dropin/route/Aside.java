package dev.homeport.dropin.route;

import java.util.function.Supplier;

/**
 * Steps aside on this thread while gRPC is asked for a builder once more: our provider then answers with
 * an error, and gRPC goes on to the provider that would have won without us.
 */
final class Aside {
    static final String ANSWER = "Homeport steps aside for its own remote side";

    private static final ThreadLocal<Boolean> STEPPED = new ThreadLocal<>();

    private Aside() {}

    static boolean isStepped() {
        return STEPPED.get() != null;
    }

    static <T> T ask(Supplier<T> question) {
        STEPPED.set(true);
        try {
            return question.get();
        } finally {
            STEPPED.remove();
        }
    }
}
