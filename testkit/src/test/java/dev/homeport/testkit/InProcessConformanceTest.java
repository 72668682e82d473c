package dev.homeport.testkit;

/** The suite over the in-process transport, which proves that a test asks for gRPC and not for HTTP/2. */
@On(InProcessTransport.class)
class InProcessConformanceTest extends ConformanceSuite {}
