-- how gladly people here would pick a try, by the reward head that they taught; null where the house has learned none
alter table studio.candidates add column reward real;
