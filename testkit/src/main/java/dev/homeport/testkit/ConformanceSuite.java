package dev.homeport.testkit;

import org.junit.jupiter.api.Nested;

/** All topics of the suite. A class for each transport inherits them, and says which one it is by {@link On}. */
public abstract class ConformanceSuite {
    @Nested
    class Unary extends UnaryConformance {}

    @Nested
    class Streaming extends StreamingConformance {}

    @Nested
    class StubKinds extends StubKindConformance {}

    @Nested
    class Cancellation extends CancellationConformance {}

    @Nested
    class Deadline extends DeadlineConformance {}

    @Nested
    class Metadata extends MetadataConformance {}

    @Nested
    class Status extends StatusConformance {}

    @Nested
    class FlowControl extends FlowControlConformance {}

    @Nested
    class Limits extends LimitsConformance {}

    @Nested
    class ChannelStates extends ChannelStateConformance {}

    @Nested
    class ServerLifecycle extends ServerLifecycleConformance {}

    @Nested
    class Credentials extends CredentialsConformance {}

    @Nested
    class InterceptorsAndTracers extends InterceptorAndTracerConformance {}

    @Nested
    class Services extends ServicesConformance {}

    @Nested
    class CallAttributes extends AttributesConformance {}

    @Nested
    class Concurrency extends ConcurrencyConformance {}

    @Nested
    class Contexts extends ContextConformance {}

    @Nested
    class Marshallers extends MarshallerConformance {}
}
