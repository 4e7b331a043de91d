using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Operations;

namespace ModelZoo.Hub.Facades;

/// <summary>What the hub measured, for Prometheus: to this machine, to administrators, or to everybody when the operator says so.</summary>
static class MetricsEndpoints
{
    public static IResult Read(HttpContext http, Actor actor, HubOptions options, MetricCollector metrics)
    {
        if (!options.Metrics.Public && !actor.IsAdministrator && !RemoteAddress.IsThisMachine(http))
            throw actor.IsNobody
                ? new Refusal(RefusalKind.Unauthenticated, "Metrics are for this machine and for administrators; see Metrics:Public.")
                : Refusal.Forbidden("Only an administrator of this hub may do that.");
        return Results.Text(metrics.Read(), "text/plain; version=0.0.4; charset=utf-8");
    }
}
