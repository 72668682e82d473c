package dev.homeport.call;

import dev.homeport.frame.FrameLayout;
import dev.homeport.spi.ProtocolViolation;
import io.grpc.ServerMethodDefinition;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Methods that the peer has numbered. Guarded by the turn to read. */
final class IncomingMethods {

    /**
     * A method that the peer calls.
     *
     * @param definition what serves it, if that is registered for good; null if a fallback registry has to
     *     be asked for each call
     * @param request null with {@code definition}
     * @param pace whether its handler is quick enough to run on the thread that reads
     */
    record Entry(
            String name,
            @Nullable ServerMethodDefinition<?, ?> definition,
            @Nullable MessageCodec request,
            @Nullable MessageCodec response,
            MethodPace pace) {

        static Entry of(String name, @Nullable ServerMethodDefinition<?, ?> definition) {
            if (definition == null) {
                return new Entry(name, null, null, null, new MethodPace());
            }
            return new Entry(
                    name,
                    definition,
                    MessageCodec.of(definition.getMethodDescriptor().getRequestMarshaller()),
                    MessageCodec.of(definition.getMethodDescriptor().getResponseMarshaller()),
                    new MethodPace());
        }
    }

    private final List<Entry> byNumber = new ArrayList<>();
    private final MethodLookup methods;

    IncomingMethods(MethodLookup methods) {
        this.methods = methods;
    }

    void add(int number, String name) throws ProtocolViolation {
        if (number != byNumber.size() || number >= FrameLayout.MAX_METHODS) {
            throw new ProtocolViolation("method number out of turn: number=" + number + ", next=" + byNumber.size());
        }
        byNumber.add(Entry.of(name, methods.registered(name)));
    }

    Entry get(int number) throws ProtocolViolation {
        if (number < 0 || number >= byNumber.size()) {
            throw new ProtocolViolation("unknown method number: number=" + number + ", known=" + byNumber.size());
        }
        return byNumber.get(number);
    }

    /** A method that goes by name in each call. */
    Entry byName(String name) {
        return Entry.of(name, methods.registered(name));
    }
}
