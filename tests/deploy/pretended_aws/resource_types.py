"""The types that moto learns here. Those of ``UNMADE`` are not made at all."""

import json
from typing import Any

import boto3
from moto.cloudformation import parsing
from pretended_aws.api_resource import ApiResource, lower, numbers

# CloudFront's API has another form than its resources. They are linted, and the policies look at
# them; here they have a name and nothing else.
UNMADE = ("CachePolicy", "Distribution", "OriginRequestPolicy", "VpcOrigin")


class Secret(ApiResource):
    kind, service, operation = "AWS::SecretsManager::Secret", "secretsmanager", "create_secret"
    reference = "ARN"

    @classmethod
    def arguments(cls, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        wanted = dict(properties)
        rules = wanted.pop("GenerateSecretString", None)
        if rules is None:
            return wanted
        template, key = rules.pop("SecretStringTemplate", None), rules.pop("GenerateStringKey", "")
        random = boto3.client(cls.service).get_random_password(**rules)["RandomPassword"]
        text = json.dumps(json.loads(template) | {key: random}) if template else random
        return wanted | {"SecretString": text}


class CacheSubnets(ApiResource):
    kind, service = "AWS::ElastiCache::SubnetGroup", "elasticache"
    operation, reference = "create_cache_subnet_group", "CacheSubnetGroupName"

    @classmethod
    def arguments(cls, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        return {
            "CacheSubnetGroupName": name.lower(),
            "CacheSubnetGroupDescription": properties["Description"],
            "SubnetIds": properties["SubnetIds"],
        }


class Cache(ApiResource):
    kind, service = "AWS::ElastiCache::ReplicationGroup", "elasticache"
    operation, reference = "create_replication_group", "ReplicationGroupId"
    attributes = (("PrimaryEndPoint.Address", "ReplicationGroupId"),)


class Alarm(ApiResource):
    kind, service = "AWS::CloudWatch::Alarm", "cloudwatch"
    operation, reference = "put_metric_alarm", "AlarmName"

    @classmethod
    def arguments(cls, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        return numbers(properties, "Threshold")


class Subscription(ApiResource):
    kind, service = "AWS::SNS::Subscription", "sns"
    operation, reference = "subscribe", "SubscriptionArn"


class MetricFilter(ApiResource):
    kind, service = "AWS::Logs::MetricFilter", "logs"
    operation, reference = "put_metric_filter", "filterName"

    @classmethod
    def arguments(cls, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        return {"filterName": name, **lower(properties)}


class Database(ApiResource):
    """moto's own forgets most properties."""

    kind, service, operation = "AWS::RDS::DBInstance", "rds", "create_db_instance"
    reference = "DBInstance.DBInstanceIdentifier"
    attributes = (("Endpoint.Address", "DBInstance.Endpoint.Address"),)

    @classmethod
    def arguments(cls, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        rest = dict(properties)
        rest["VpcSecurityGroupIds"] = rest.pop("VPCSecurityGroups")
        for key in ("AllocatedStorage", "BackupRetentionPeriod"):
            if key in rest:
                rest[key] = int(rest[key])
        return rest

    @classmethod
    def operation_for(cls, arguments: dict[str, Any]) -> str:
        replica = "SourceDBInstanceIdentifier" in arguments
        return "create_db_instance_read_replica" if replica else cls.operation


class TaskDefinition(ApiResource):
    kind, service = "AWS::ECS::TaskDefinition", "ecs"
    operation, reference = "register_task_definition", "taskDefinition.taskDefinitionArn"

    @classmethod
    def arguments(cls, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        return lower(properties)


class ContainerService(ApiResource):
    """moto's own forgets all but the number of tasks."""

    kind, service, operation = "AWS::ECS::Service", "ecs", "create_service"
    reference = "service.serviceArn"
    attributes = (("Name", "service.serviceName"),)

    @classmethod
    def arguments(cls, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        arguments = lower(properties)
        deployment = arguments["deploymentConfiguration"]
        if "bakeTimeInMinutes" in deployment:
            deployment["bakeTimeInMinutes"] = int(deployment["bakeTimeInMinutes"])
        return {"desiredCount": 1} | arguments


class TargetGroup(ApiResource):
    kind, service = "AWS::ElasticLoadBalancingV2::TargetGroup", "elbv2"
    operation, reference = "create_target_group", "TargetGroups.0.TargetGroupArn"
    attributes = (("TargetGroupFullName", "TargetGroups.0.TargetGroupArn"),)

    @classmethod
    def arguments(cls, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in properties.items() if not key.endswith("Attributes")}

    @classmethod
    def finish(
        cls, client: Any, identity: str, properties: dict[str, Any], found: dict[str, str]
    ) -> None:
        found["TargetGroupFullName"] = identity.rpartition(":")[2]
        client.modify_target_group_attributes(
            TargetGroupArn=identity, Attributes=properties["TargetGroupAttributes"]
        )


class Balancer(ApiResource):
    kind, service = "AWS::ElasticLoadBalancingV2::LoadBalancer", "elbv2"
    operation, reference = "create_load_balancer", "LoadBalancers.0.LoadBalancerArn"
    attributes = (
        ("DNSName", "LoadBalancers.0.DNSName"),
        ("CanonicalHostedZoneID", "LoadBalancers.0.CanonicalHostedZoneId"),
        ("LoadBalancerFullName", "LoadBalancers.0.LoadBalancerArn"),
    )

    @classmethod
    def arguments(cls, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in properties.items() if not key.endswith("Attributes")}

    @classmethod
    def finish(
        cls, client: Any, identity: str, properties: dict[str, Any], found: dict[str, str]
    ) -> None:
        found["LoadBalancerFullName"] = identity.partition("loadbalancer/")[2]
        client.modify_load_balancer_attributes(
            LoadBalancerArn=identity, Attributes=properties["LoadBalancerAttributes"]
        )


class RouteTableOfSubnet(ApiResource):
    """moto's own is not seen by who asks for it."""

    kind, service = "AWS::EC2::SubnetRouteTableAssociation", "ec2"
    operation, reference = "associate_route_table", "AssociationId"


class IngressRule(ApiResource):
    """moto's own knows no prefix lists."""

    kind, service = "AWS::EC2::SecurityGroupIngress", "ec2"
    operation, reference = "authorize_security_group_ingress", "GroupId"

    @classmethod
    def arguments(cls, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        rule = {key: properties[key] for key in ("IpProtocol", "FromPort", "ToPort")}
        if "SourcePrefixListId" in properties:
            rule["PrefixListIds"] = [{"PrefixListId": properties["SourcePrefixListId"]}]
        else:
            rule["IpRanges"] = [{"CidrIp": properties["CidrIp"]}]
        return {"GroupId": properties["GroupId"], "IpPermissions": [rule]}


class Namespace(ApiResource):
    kind, service = "AWS::ServiceDiscovery::PrivateDnsNamespace", "servicediscovery"
    operation, reference = "create_private_dns_namespace", "OperationId"

    @classmethod
    def create_from_cloudformation_json(cls, *given: Any, **more: Any) -> ApiResource:
        """The answer names an operation, and not the namespace."""
        made = super().create_from_cloudformation_json(*given, **more)
        client = boto3.client(cls.service, region_name=given[3])
        made.physical_resource_id = client.list_namespaces()["Namespaces"][-1]["Id"]
        return made


class DiscoveredService(ApiResource):
    kind, service = "AWS::ServiceDiscovery::Service", "servicediscovery"
    operation, reference = "create_service", "Service.Id"
    attributes = (("Arn", "Service.Arn"),)


class ScalableTarget(ApiResource):
    kind, service = "AWS::ApplicationAutoScaling::ScalableTarget", "application-autoscaling"
    operation, reference = "register_scalable_target", "ResourceId"

    @classmethod
    def arguments(cls, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        whole = {key: int(properties[key]) for key in ("MinCapacity", "MaxCapacity")}
        return properties | whole


class ScalingPolicy(ApiResource):
    kind, service = "AWS::ApplicationAutoScaling::ScalingPolicy", "application-autoscaling"
    operation, reference = "put_scaling_policy", "PolicyARN"

    @classmethod
    def arguments(cls, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        rest = dict(properties)
        target = rest.pop("ScalingTargetId")
        tracking = rest["TargetTrackingScalingPolicyConfiguration"]
        rest["TargetTrackingScalingPolicyConfiguration"] = numbers(tracking, "TargetValue")
        place = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
        return rest | place | {"ResourceId": target}


class WebAcl(ApiResource):
    kind, service, operation = "AWS::WAFv2::WebACL", "wafv2", "create_web_acl"
    reference = "Summary.Id"
    attributes = (("Arn", "Summary.ARN"),)

    @classmethod
    def arguments(cls, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        for rule in properties["Rules"]:
            rate = rule["Statement"].get("RateBasedStatement")
            if rate:
                rate["Limit"] = int(rate["Limit"])
        return properties


class WebAclAssociation(ApiResource):
    kind, service = "AWS::WAFv2::WebACLAssociation", "wafv2"
    operation, reference = "associate_web_acl", "ResourceArn"

    @classmethod
    def arguments(cls, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        return {"WebACLArn": properties["WebACLArn"], "ResourceArn": properties["ResourceArn"]}


class BucketPolicy(ApiResource):
    kind, service, operation = "AWS::S3::BucketPolicy", "s3", "put_bucket_policy"
    reference = "Bucket"

    @classmethod
    def arguments(cls, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        return {
            "Bucket": properties["Bucket"],
            "Policy": json.dumps(properties["PolicyDocument"]),
        }


class Unmade(ApiResource):
    attributes = (("DomainName", ""),)

    @classmethod
    def create_from_cloudformation_json(cls, resource_name: str, *_: Any, **__: Any) -> ApiResource:
        return cls(resource_name, {"DomainName": "unmade.cloudfront.net"})


def register() -> None:
    """Let moto know these types, before its own of the same name."""
    ours = {each.kind: each for each in ApiResource.__subclasses__()}
    parsing.get_model_map().update(ours | {f"AWS::CloudFront::{name}": Unmade for name in UNMADE})
