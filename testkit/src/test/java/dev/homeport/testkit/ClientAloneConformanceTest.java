package dev.homeport.testkit;

/** The suite where the client alone has Homeport. */
@On(ClientAloneTransport.class)
class ClientAloneConformanceTest extends ConformanceSuite {}
