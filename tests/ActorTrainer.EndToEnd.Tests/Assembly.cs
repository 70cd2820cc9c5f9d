// One process at a time: a test that kills by the moment should not share its cores with another.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
