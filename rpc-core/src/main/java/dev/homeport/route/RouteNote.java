package dev.homeport.route;

import dev.homeport.Route;
import java.util.logging.Level;
import java.util.logging.Logger;

/** What a channel's route is now, and the log line for each change of it. Any thread. */
final class RouteNote {
    private static final Logger LOG = Logger.getLogger("dev.homeport.route");

    private final String target;
    private final boolean hasRemote;
    private volatile Route route = Route.remote("no call has asked yet");
    /** Whether any choice was made; the first is worth a line whatever it is. Guarded by this. */
    private boolean decided;

    /** @param hasRemote whether what is not local is remote; otherwise it is nowhere */
    RouteNote(String target, boolean hasRemote) {
        this.target = target;
        this.hasRemote = hasRemote;
    }

    Route route() {
        return route;
    }

    void set(Route chosen) {
        boolean news;
        boolean turn;
        synchronized (this) {
            news = !decided || !chosen.equals(route);
            turn = !decided || chosen.kind() != route.kind();
            decided = true;
            route = chosen;
        }
        if (news) {
            // Only a turn is for everybody's eyes: reasons of the same route may differ with every look.
            String text = chosen.isLocal() || hasRemote ? chosen.toString() : "not reachable (" + chosen.reason() + ")";
            LOG.log(turn ? Level.INFO : Level.FINE, () -> target + ": " + text);
        }
    }
}
