package dev.homeport.route;

import dev.homeport.spi.LocalTransport;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * The local transport of this process, or the reason why there is none. Found once: whatever goes wrong,
 * the classes of the transport included, means "remote" and never an error of the program.
 *
 * @param transport null if there is none
 * @param reason why there is none; empty if there is one
 */
public record LocalTransports(@Nullable LocalTransport transport, String reason) {
    private static final class Holder {
        static final LocalTransports OF_PROCESS = find();
    }

    public static LocalTransports ofProcess() {
        return Holder.OF_PROCESS;
    }

    public static LocalTransports of(LocalTransport transport) {
        String reason = transport.unavailableReason();
        return reason == null ? new LocalTransports(transport, "") : none(reason);
    }

    public static LocalTransports none(String reason) {
        return new LocalTransports(null, reason);
    }

    /** Effective user id of this process; -1 if not known, which is so where there is no local route. */
    public int ownUid() {
        return transport == null ? -1 : transport.ownUid();
    }

    private static LocalTransports find() {
        try {
            return ServiceLoader.load(LocalTransport.class, LocalTransport.class.getClassLoader())
                    .findFirst()
                    .map(LocalTransports::of)
                    .orElseGet(() -> none("no local transport among the jars"));
        } catch (VirtualMachineError e) {
            throw e;
        } catch (Throwable e) {
            return none("the local transport cannot be loaded: " + e);
        }
    }
}
