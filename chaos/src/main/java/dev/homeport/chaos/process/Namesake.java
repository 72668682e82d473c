package dev.homeport.chaos.process;

import dev.homeport.lpc.port.Endpoint;
import dev.homeport.lpc.port.PortSearcher;
import dev.homeport.lpc.port.SetupClient;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.UnixSocket;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.LocalTransport.PortSearch;
import dev.homeport.spi.LocalTransport.Setup;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;

/**
 * {@code Namesake client <server> <raw server> [<path>]}: has a connection to each, and memory that the second may reach;
 * passes its end of the first on if there is a path; until it is killed. {@code Namesake heir}: has other memory at the same
 * address, and looks at its end whether anybody has written there.
 */
public final class Namesake {
    /** The line that says that all of it is there. */
    public static final String READY = "ready";
    /** The line of an heir in whose memory nobody has written; anything else is its opposite. */
    public static final String INTACT = "intact";
    public static final String CLIENT = "client";
    public static final String HEIR = "heir";

    private Namesake() {}

    /** Has what it must until the end of its input. */
    public static void main(String[] arguments) throws Throwable {
        boolean heir = arguments[0].equals(HEIR);
        MemorySegment memory = FixedMemory.map(heir ? FixedMemory.CANARY : FixedMemory.LENT);
        if (!heir) {
            Endpoint first = connect(arguments[1]);
            connect(arguments[2]);
            if (arguments.length > 3) {
                int socket = UnixSocket.connect(arguments[3], TimeUnit.SECONDS.toNanos(5));
                Messages.send(socket, new byte[1], 0, 1, first.pairDescriptor());
            }
        }
        System.out.println(READY);
        System.in.read();
        System.out.println(FixedMemory.isAll(memory, FixedMemory.CANARY) ? INTACT : "written");
    }

    private static Endpoint connect(String name) throws IOException {
        if (PortSearcher.find(new PortQuery.ByName(name, -1)) instanceof PortSearch.Found found) {
            return SetupClient.open(found.port(),
                    new Setup("namesake", "", "", 8192, 65536, true, TimeUnit.SECONDS.toNanos(5)));
        }
        throw new IOException("no such server: " + name);
    }
}
