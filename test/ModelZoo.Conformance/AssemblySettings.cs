using ModelZoo.Conformance.Harness;

// One hub serves every scenario that does not kill it: each makes repositories of its own.
[assembly: AssemblyFixture(typeof(HubProcess))]
