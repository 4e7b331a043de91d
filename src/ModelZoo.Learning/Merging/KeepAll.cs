namespace ModelZoo.Learning.Merging;

sealed class KeepAll : Thinning
{
    public override double Apply(long element, double difference) => difference;
}
