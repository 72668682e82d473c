package dev.homeport.route;

import com.google.protobuf.Descriptors;
import dev.homeport.idl.v1.HomeportOptions;
import dev.homeport.idl.v1.LargeMessages;
import dev.homeport.spi.LocalTransport.Setup;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;

/**
 * What the methods that a channel has called say in their IDL of the size of their messages: how large the sections
 * are that its next connection asks for. Any thread.
 */
public final class SectionWishes {
    /** Messages that a section holds of the size that was named: one is written while another is read. */
    private static final long MESSAGES = 2;

    /** Guarded by this, as is what follows: the largest seen. */
    private long requestBytes;
    private long replyBytes;

    /** A method is called and there is no connection yet. */
    void note(MethodDescriptor<?, ?> method) {
        if (method.getSchemaDescriptor() instanceof ProtoMethodDescriptorSupplier known) {
            note(large(known.getMethodDescriptor()));
        }
    }

    private static LargeMessages large(Descriptors.MethodDescriptor method) {
        return method.getOptions().hasExtension(HomeportOptions.large)
                ? method.getOptions().getExtension(HomeportOptions.large)
                : method.getService().getOptions().getExtension(HomeportOptions.allLarge);
    }

    private synchronized void note(LargeMessages large) {
        requestBytes = Math.max(requestBytes, sectionBytes(large.getRequestBytes()));
        replyBytes = Math.max(replyBytes, sectionBytes(large.getReplyBytes()));
    }

    /** An unsigned number from the IDL that is beyond all bounds counts as one at the bound: the transport has its own. */
    private static long sectionBytes(long messageBytes) {
        return MESSAGES * Math.clamp(messageBytes < 0 ? Long.MAX_VALUE : messageBytes, 0, Integer.MAX_VALUE);
    }

    synchronized Setup addTo(Setup setup) {
        return setup.withSections(requestBytes, replyBytes);
    }
}
