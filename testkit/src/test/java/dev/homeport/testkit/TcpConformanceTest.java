package dev.homeport.testkit;

/** The suite over bare grpc-netty: what every other transport is measured by. */
@On(TcpTransport.class)
class TcpConformanceTest extends ConformanceSuite {}
