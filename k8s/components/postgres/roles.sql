-- A role and a schema per service, and a role each for backup and restore. The operator gives the roles their passwords (managed roles of the cluster).
revoke all on database holdfast from public;

create role holdfast_campaign login nosuperuser;
grant connect, temporary on database holdfast to holdfast_campaign;
create schema campaign authorization holdfast_campaign;
revoke all on schema campaign from public;
alter role holdfast_campaign in database holdfast set search_path = campaign;

create role holdfast_churn_scoring login nosuperuser;
grant connect, temporary on database holdfast to holdfast_churn_scoring;
create schema churn_scoring authorization holdfast_churn_scoring;
revoke all on schema churn_scoring from public;
alter role holdfast_churn_scoring in database holdfast set search_path = churn_scoring;

create role holdfast_customer_profile login nosuperuser;
grant connect, temporary on database holdfast to holdfast_customer_profile;
create schema customer_profile authorization holdfast_customer_profile;
revoke all on schema customer_profile from public;
alter role holdfast_customer_profile in database holdfast set search_path = customer_profile;

create role holdfast_evaluation login nosuperuser;
grant connect, temporary on database holdfast to holdfast_evaluation;
create schema evaluation authorization holdfast_evaluation;
revoke all on schema evaluation from public;
alter role holdfast_evaluation in database holdfast set search_path = evaluation;

create role holdfast_feature_store login nosuperuser;
grant connect, temporary on database holdfast to holdfast_feature_store;
create schema feature_store authorization holdfast_feature_store;
revoke all on schema feature_store from public;
alter role holdfast_feature_store in database holdfast set search_path = feature_store;

create role holdfast_gateway login nosuperuser;
grant connect, temporary on database holdfast to holdfast_gateway;
create schema gateway authorization holdfast_gateway;
revoke all on schema gateway from public;
alter role holdfast_gateway in database holdfast set search_path = gateway;

create role holdfast_household_identification login nosuperuser;
grant connect, temporary on database holdfast to holdfast_household_identification;
create schema household_identification authorization holdfast_household_identification;
revoke all on schema household_identification from public;
alter role holdfast_household_identification in database holdfast set search_path = household_identification;

create role holdfast_preference_recommendation login nosuperuser;
grant connect, temporary on database holdfast to holdfast_preference_recommendation;
create schema preference_recommendation authorization holdfast_preference_recommendation;
revoke all on schema preference_recommendation from public;
alter role holdfast_preference_recommendation in database holdfast set search_path = preference_recommendation;

create role holdfast_backup login nosuperuser;
grant connect on database holdfast to holdfast_backup;
grant pg_read_all_data to holdfast_backup;

create role holdfast_restore login nosuperuser;
grant connect on database holdfast to holdfast_restore;
grant holdfast_campaign, holdfast_churn_scoring, holdfast_customer_profile, holdfast_evaluation, holdfast_feature_store, holdfast_gateway, holdfast_household_identification, holdfast_preference_recommendation to holdfast_restore;
