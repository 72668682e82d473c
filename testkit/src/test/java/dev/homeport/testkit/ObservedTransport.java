package dev.homeport.testkit;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ServerBuilder;
import io.grpc.opentelemetry.GrpcOpenTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.trace.SdkTracerProvider;

/** The drop-in with grpc-opentelemetry on both sides: its interceptors, tracers and metric sinks. */
public final class ObservedTransport extends PortTransport {
    private final GrpcOpenTelemetry telemetry = GrpcOpenTelemetry.newBuilder()
            .sdk(OpenTelemetrySdk.builder()
                    .setMeterProvider(SdkMeterProvider.builder().build())
                    .setTracerProvider(SdkTracerProvider.builder().build())
                    .build())
            .build();

    @Override
    protected ServerBuilder<?> serverBuilder(int port) {
        ServerBuilder<?> builder = Grpc.newServerBuilderForPort(port, InsecureServerCredentials.create());
        telemetry.configureServerBuilder(builder);
        return builder;
    }

    @Override
    protected ManagedChannelBuilder<?> channelBuilder(int port) {
        ManagedChannelBuilder<?> builder =
                Grpc.newChannelBuilder("localhost:" + port, InsecureChannelCredentials.create());
        telemetry.configureChannelBuilder(builder);
        return builder;
    }

    @Override
    public boolean supports(Capability capability) {
        return true;
    }
}
